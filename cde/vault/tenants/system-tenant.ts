/**
 * The vault's own log (migration 0003): it takes what has no tenant yet, such as refused access tokens. It has no keys,
 * so no card can be kept in its name.
 */
export const SYSTEM_TENANT_ID = "00000000-0000-4000-8000-000000000000";
