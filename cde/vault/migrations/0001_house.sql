-- The vault's schema: tenants, their keys, their tokens. Runs as cofferdam_owner; the roles are made before it.
--
-- tenant_id is the first column of every primary key and unique constraint. Every table has row-level security,
-- forced on its owner too: without `app.tenant_id` set in the transaction no row is visible to anybody.
create schema vault;
revoke all on schema vault from public;
grant usage on schema vault to cofferdam_api, cofferdam_auditor, cofferdam_rotator;

-- Names are qualified instead of a search_path being set, so that the planner can inline it into every policy.
create function vault.current_tenant() returns uuid
language sql stable parallel safe
as $$ select nullif(pg_catalog.current_setting('app.tenant_id', true), '')::pg_catalog.uuid $$;
revoke all on function vault.current_tenant() from public;
grant execute on function vault.current_tenant() to cofferdam_api, cofferdam_auditor, cofferdam_rotator;

create table vault.tenant (
  tenant_id  uuid primary key,
  name       text not null check (length(name) between 1 and 100),
  status     text not null check (status in ('active', 'suspended', 'destroyed')),
  created_at timestamptz(3) not null
);
comment on table vault.tenant is 'Who owns tokens and keys. The id comes from the access token, never from a request body.';

-- How long a token of a class may live, and why (PCI DSS 3.2.1). A class can be shortened, never removed while tokens name it.
create table vault.retention_class (
  tenant_id       uuid not null references vault.tenant,
  name            text not null check (name ~ '^[a-z][a-z0-9-]{0,31}$'),
  max_age_days    integer not null check (max_age_days between 1 and 3653),
  business_reason text not null check (length(business_reason) between 10 and 500),
  primary key (tenant_id, name)
);

-- One row per key version. The key itself lies in vault.key_wrap, wrapped by a root key; never in the clear.
create table vault.key_version (
  tenant_id    uuid not null references vault.tenant,
  key_id       uuid not null,
  purpose      text not null check (purpose in ('data', 'index', 'request')),
  version      integer not null check (version >= 1),
  state        text not null
    check (state in ('pre-active', 'active', 'decrypt-only', 'suspended', 'compromised', 'destroyed')),
  is_primary   boolean not null,
  uses         bigint not null default 0 check (uses >= 0),
  created_at   timestamptz(3) not null,
  activated_at timestamptz(3),
  primary key (tenant_id, key_id),
  unique (tenant_id, purpose, version),
  check (not is_primary or state = 'active'),
  check ((activated_at is null) = (state = 'pre-active'))
);
create unique index one_primary_per_purpose on vault.key_version (tenant_id, purpose) where is_primary;

-- The same key may be wrapped by several root keys side by side (HSM, KMS, custodians): any one of them opens it.
create table vault.key_wrap (
  tenant_id   uuid not null,
  key_id      uuid not null,
  root_key_id text not null check (length(root_key_id) between 1 and 100),
  wrapped     bytea not null check (octet_length(wrapped) between 64 and 4096),
  created_at  timestamptz(3) not null,
  primary key (tenant_id, key_id, root_key_id),
  foreign key (tenant_id, key_id) references vault.key_version
);

-- A card behind a token. The clear columns show no more of a PAN than truncation allows (PCI DSS 3.4.1, 3.5.1);
-- all of them are authenticated by the sealed record, so an edited column makes the row unreadable.
create table vault.token (
  tenant_id       uuid not null,
  token           text collate "C" not null
    check (token ~ '^tok_[0-9a-hjkmnp-tv-z]{36}$' or token ~ '^[0-9]{12,19}$'),
  format          text not null check (format in ('opaque', 'preserve_last4', 'preserve_bin_last4')),
  reuse           text not null check (reuse in ('multi', 'single')),
  status          text not null check (status in ('active', 'suspended', 'deleted')),
  brand           text check (length(brand) between 2 and 32),
  bin             text check (bin ~ '^[0-9]{6}$'),
  last4           text check (last4 ~ '^[0-9]{4}$'),
  length_class    text check (length_class in ('12-13', '14', '15', '16', '17-19')),
  expiry_month    smallint check (expiry_month between 1 and 12),
  expiry_year     smallint check (expiry_year between 2000 and 2099),
  metadata        text check (octet_length(metadata) <= 8192),
  retention_class text not null,
  row_version     integer not null check (row_version >= 1),
  key_id          uuid,
  sealed          bytea check (octet_length(sealed) between 128 and 1024),
  created_at      timestamptz(3) not null,
  updated_at      timestamptz(3) not null,
  expires_at      timestamptz(3) not null,
  primary key (tenant_id, token),
  foreign key (tenant_id, retention_class) references vault.retention_class,
  foreign key (tenant_id, key_id) references vault.key_version,
  check ((expiry_month is null) = (expiry_year is null)),
  check (length_class <> '12-13' or bin is null),
  -- A deleted token is a tombstone: the token and its dates, nothing of the card.
  check (case when status = 'deleted'
    then num_nonnulls(brand, bin, last4, length_class, expiry_month, metadata, key_id, sealed) = 0
    else num_nulls(brand, last4, length_class, metadata, key_id, sealed) = 0 end)
);
create index token_by_expiry on vault.token (tenant_id, expires_at) where status <> 'deleted';
create index token_by_age on vault.token (tenant_id, retention_class, created_at) where status <> 'deleted';
create index token_by_key on vault.token (tenant_id, key_id) where key_id is not null;

-- Finds the multi-use token of a known card. The fingerprint is HMAC-SHA-256 over the whole PAN under the tenant's
-- index key (PCI DSS 3.5.1.1); it never leaves the card-data environment and goes when its token goes.
create table vault.token_fingerprint (
  tenant_id    uuid not null,
  index_key_id uuid not null,
  fingerprint  bytea not null check (octet_length(fingerprint) = 32),
  format       text not null,
  token        text collate "C" not null,
  primary key (tenant_id, index_key_id, fingerprint, format),
  foreign key (tenant_id, token) references vault.token,
  foreign key (tenant_id, index_key_id) references vault.key_version
);
-- A hash index answers for one token and for nothing else. A second index that begins with the tenant would tempt the
-- planner, while the table is small, into reading a tenant's every fingerprint, and prepared statements keep their plan.
create index fingerprint_of_token on vault.token_fingerprint using hash (token);

-- Answers to requests that carried an Idempotency-Key. Key and body are kept as MACs under the tenant's request key:
-- a plain hash of a body with a PAN could be reversed by trying every PAN.
create table vault.idempotent_request (
  tenant_id   uuid not null references vault.tenant,
  key_mac     bytea not null check (octet_length(key_mac) = 32),
  request_mac bytea not null check (octet_length(request_mac) = 32),
  status      smallint not null check (status between 200 and 599),
  response    text not null,
  answer_mac  bytea not null check (octet_length(answer_mac) = 32),
  created_at  timestamptz(3) not null,
  primary key (tenant_id, key_mac)
);
create index idempotent_request_by_age on vault.idempotent_request (tenant_id, created_at);

do $$
declare
  name text;
begin
  foreach name in array array['tenant', 'retention_class', 'key_version', 'key_wrap', 'token', 'token_fingerprint',
    'idempotent_request']
  loop
    execute format('alter table vault.%I enable row level security', name);
    execute format('alter table vault.%I force row level security', name);
    execute format('create policy own_tenant on vault.%I using (tenant_id = vault.current_tenant()) '
      || 'with check (tenant_id = vault.current_tenant())', name);
  end loop;
end $$;

-- Work that walks all tenants (retention, checkpoints, export, provisioning) may list them, and nothing else of them.
create policy list_tenants on vault.tenant for select
  to cofferdam_api, cofferdam_auditor, cofferdam_rotator using (true);

grant select on vault.tenant to cofferdam_api, cofferdam_auditor, cofferdam_rotator;
grant insert, update (status) on vault.tenant to cofferdam_rotator;
grant select on vault.retention_class to cofferdam_api, cofferdam_auditor, cofferdam_rotator;
grant insert, update (max_age_days, business_reason) on vault.retention_class to cofferdam_rotator;
grant select, update (uses) on vault.key_version to cofferdam_api;
grant select on vault.key_version to cofferdam_auditor;
grant select, insert, update on vault.key_version to cofferdam_rotator;
grant select on vault.key_wrap to cofferdam_api;
grant select, insert, delete on vault.key_wrap to cofferdam_rotator;
grant select, insert, update on vault.token to cofferdam_api;
grant select on vault.token to cofferdam_auditor;
grant select, update (sealed, key_id, row_version, updated_at) on vault.token to cofferdam_rotator;
grant select, insert, delete on vault.token_fingerprint to cofferdam_api, cofferdam_rotator;
grant select, insert, update, delete on vault.idempotent_request to cofferdam_api;
