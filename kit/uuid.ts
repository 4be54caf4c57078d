/**
 * The one text form of a UUID that we take: RFC 9562 §4, lower case, with a version and the RFC's variant. So two texts
 * that differ are two ids, and the null UUID is none.
 */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
