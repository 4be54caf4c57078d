/** The vault's own log: it takes what has no tenant yet, such as refused access tokens. It has no caller and no cards. */
export const SYSTEM_TENANT_ID = "00000000-0000-4000-8000-000000000000";
