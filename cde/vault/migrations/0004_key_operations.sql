-- Key operations: which root keys there are, who proposed and approved what, which rows are being moved from one key to
-- another, and the certificates without which no key version may be destroyed.
--
-- Root keys, proposals and the journal of shares belong to the vault itself: their rows carry the id of its own tenant
-- (migration 0003), so that row-level security keeps them from every other.

-- One row per root key. Its key material is in the store that the id names; here is only what it may be used for.
create table vault.root_key (
  tenant_id    uuid not null references vault.tenant,
  root_key_id  text collate "C" not null check (root_key_id ~ '^[a-z0-9]+:[\x21-\x7e]{1,90}$'),
  scheme       text not null check (scheme in ('file', 'custodians', 'pkcs11', 'awskms', 'azurekeyvault')),
  state        text not null check (state in ('active', 'unwrap-only', 'retired', 'destroyed')),
  activated_at timestamptz(3) not null,
  retired_at   timestamptz(3),
  destroyed_at timestamptz(3),
  primary key (tenant_id, root_key_id),
  check (root_key_id like scheme || ':%'),
  check ((retired_at is null) = (state in ('active', 'unwrap-only'))),
  check ((destroyed_at is null) = (state <> 'destroyed'))
);
create unique index one_active_root_key_per_store on vault.root_key (tenant_id, scheme) where state = 'active';
comment on table vault.root_key is 'active wraps new keys; unwrap-only is being replaced; retired wraps nothing any more.';

-- An operation that needs two people, from the proposal to the transcript. The database states dual control a second
-- time: one name or one certificate key cannot fill both places (PCI DSS 3.7.6).
create table vault.key_proposal (
  tenant_id           uuid not null references vault.tenant,
  proposal_id         uuid not null,
  operation           text not null check (operation ~ '^[a-z]+(-[a-z]+){1,4}$'),
  ceremony            text not null check (octet_length(ceremony) between 1 and 16384),
  digest              bytea not null check (octet_length(digest) = 32),
  reason              text not null check (length(reason) between 10 and 500),
  approvals_needed    smallint not null check (approvals_needed in (0, 1)),
  state               text not null
    check (state in ('proposed', 'approved', 'withdrawn', 'running', 'done', 'failed')),
  proposed_by         text not null,
  proposed_at         timestamptz(3) not null,
  expires_at          timestamptz(3) not null,
  proposer_key        bytea not null check (octet_length(proposer_key) = 32),
  proposal_statement  text not null check (octet_length(proposal_statement) <= 8192),
  approved_by         text,
  approved_at         timestamptz(3),
  approver_key        bytea check (octet_length(approver_key) = 32),
  approval_statement  text check (octet_length(approval_statement) <= 8192),
  started_by          text,
  started_at          timestamptz(3),
  ended_at            timestamptz(3),
  result              text check (octet_length(result) <= 1048576),
  transcript          text check (octet_length(transcript) <= 2097152),
  artifact            text check (octet_length(artifact) <= 67108864),
  primary key (tenant_id, proposal_id),
  check (expires_at > proposed_at and expires_at <= proposed_at + interval '7 days'),
  check (num_nulls(approved_by, approved_at, approver_key, approval_statement) in (0, 4)),
  check (approved_by is null or (approved_by <> proposed_by and approver_key <> proposer_key)),
  check (approved_at is null or approved_at <= expires_at),
  check (state not in ('approved', 'running', 'done') or approvals_needed = 0 or approved_by is not null),
  check ((started_at is null) = (state in ('proposed', 'approved', 'withdrawn'))),
  check ((ended_at is null) = (state in ('proposed', 'approved', 'running')))
);
create index key_proposal_by_age on vault.key_proposal (tenant_id, proposed_at);
comment on column vault.key_proposal.ceremony is 'The reviewed file, as it was signed for; the operation does what it says.';
comment on column vault.key_proposal.artifact is 'What an export made: wrapped keys, signed; no key in the clear.';
comment on column vault.key_proposal.proposer_key is 'SHA-256 of the public key in the certificate (SPKI).';

-- Rows that move from one key version to another. What is left to do follows from the rows themselves; the job says how
-- fast, and how far it got. The work of all tenants is one list, so its rows are the vault's own.
create table vault.key_job (
  tenant_id           uuid not null references vault.tenant,
  job_id              uuid not null,
  of_tenant_id        uuid not null,
  kind                text not null check (kind in ('reencrypt', 'reindex')),
  from_key_id         uuid not null,
  state               text not null check (state in ('running', 'paused', 'done', 'failed')),
  priority            smallint not null check (priority in (0, 1)),
  max_rows_per_second integer not null check (max_rows_per_second between 1 and 1000000),
  rows_total          bigint not null check (rows_total >= 0),
  rows_done           bigint not null check (rows_done >= 0),
  after_token         text collate "C" not null,
  reason              text check (length(reason) <= 200),
  created_at          timestamptz(3) not null,
  updated_at          timestamptz(3) not null,
  ended_at            timestamptz(3),
  primary key (tenant_id, job_id),
  check ((ended_at is null) = (state in ('running', 'paused')))
);
create unique index one_open_job_per_key on vault.key_job (tenant_id, of_tenant_id, from_key_id) where ended_at is null;
create index key_job_by_age on vault.key_job (tenant_id, created_at);

-- "No row is under this key version any more", signed. Without one the version cannot be destroyed.
create table vault.key_certificate (
  tenant_id uuid not null,
  key_id    uuid not null,
  issued_at timestamptz(3) not null,
  note      text not null check (octet_length(note) between 100 and 4096),
  primary key (tenant_id, key_id, issued_at),
  foreign key (tenant_id, key_id) references vault.key_version
);

-- What custodians did with their shares, copied from the journal that is written before an unseal can begin.
create table vault.custody_journal (
  tenant_id uuid not null references vault.tenant,
  sequence  bigint not null check (sequence >= 0),
  line      text not null check (octet_length(line) between 2 and 2048),
  line_hash bytea not null check (octet_length(line_hash) = 32),
  primary key (tenant_id, sequence)
);

-- The database's own word on the life of a key version. A tenant that was destroyed is the exception: there the keys go
-- first, and the rows are what nobody can read any more.
create function vault.guard_key_version() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  if old.state = 'destroyed' then
    raise exception 'a destroyed key version does not change' using errcode = '23514', constraint = 'key_version_final';
  end if;
  if new.state = old.state or new.state <> 'destroyed' then return new; end if;
  if exists (select from vault.tenant t where t.tenant_id = new.tenant_id and t.status = 'destroyed') then return new; end if;
  if exists (select from vault.token t where t.tenant_id = new.tenant_id and t.key_id = new.key_id)
    or exists (select from vault.token_fingerprint f where f.tenant_id = new.tenant_id and f.index_key_id = new.key_id)
  then
    raise exception 'rows are under this key version' using errcode = '23514', constraint = 'key_version_records_remain';
  end if;
  if not exists (select from vault.key_certificate c where c.tenant_id = new.tenant_id and c.key_id = new.key_id) then
    raise exception 'no certificate says that no row is under this key version'
      using errcode = '23514', constraint = 'key_version_uncertified';
  end if;
  return new;
end $$;
revoke all on function vault.guard_key_version() from public;
create trigger guard_key_version before update on vault.key_version
  for each row execute function vault.guard_key_version();

-- The last wrap of a key that may still be needed stays.
create function vault.guard_key_wrap() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  if exists (select from vault.key_wrap w
      where w.tenant_id = old.tenant_id and w.key_id = old.key_id and w.root_key_id <> old.root_key_id)
    or exists (select from vault.key_version k
      where k.tenant_id = old.tenant_id and k.key_id = old.key_id and k.state = 'destroyed')
    or exists (select from vault.tenant t where t.tenant_id = old.tenant_id and t.status = 'destroyed')
  then
    return old;
  end if;
  raise exception 'the last wrap of a key stays' using errcode = '23514', constraint = 'key_wrap_last';
end $$;
revoke all on function vault.guard_key_wrap() from public;
create trigger guard_key_wrap before delete on vault.key_wrap
  for each row execute function vault.guard_key_wrap();

-- A proposal goes one way: it is approved once, started once, and what is over stays as it is. Whoever holds the login of
-- the admin process cannot start it a second time, or put another approval under it.
create function vault.guard_key_proposal() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  -- What an export made does not outlive its use.
  if old.ended_at is not null and new.artifact is null and to_jsonb(new) - 'artifact' = to_jsonb(old) - 'artifact' then
    return new;
  end if;
  if (old.state, new.state) not in (
      ('proposed', 'proposed'), ('proposed', 'approved'), ('proposed', 'withdrawn'), ('proposed', 'running'),
      ('approved', 'running'), ('approved', 'withdrawn'),
      ('running', 'running'), ('running', 'done'), ('running', 'failed'))
    or (old.state = 'proposed' and new.state = 'running' and old.approvals_needed > 0)
    or (old.state <> 'proposed' and (new.approved_by, new.approved_at, new.approver_key, new.approval_statement)
      is distinct from (old.approved_by, old.approved_at, old.approver_key, old.approval_statement))
    or (old.started_at is not null and (new.started_by, new.started_at) is distinct from (old.started_by, old.started_at))
  then
    raise exception 'a proposal does not go that way' using errcode = '23514', constraint = 'key_proposal_one_way';
  end if;
  return new;
end $$;
revoke all on function vault.guard_key_proposal() from public;
create trigger guard_key_proposal before update on vault.key_proposal
  for each row execute function vault.guard_key_proposal();

-- And it begins at the beginning: a row that says of itself that it was approved, runs or is over would be believed.
create function vault.guard_new_key_proposal() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
  if new.state = 'proposed' and num_nonnulls(new.approved_by, new.approved_at, new.approver_key, new.approval_statement,
    new.started_by, new.started_at, new.ended_at, new.result, new.transcript, new.artifact) = 0
  then
    return new;
  end if;
  raise exception 'a proposal begins as one' using errcode = '23514', constraint = 'key_proposal_begins';
end $$;
revoke all on function vault.guard_new_key_proposal() from public;
create trigger guard_new_key_proposal before insert on vault.key_proposal
  for each row execute function vault.guard_new_key_proposal();

-- In the order of their tokens, so that re-encryption walks forward and never meets the rows it has moved.
drop index vault.token_by_key;
create index token_by_key on vault.token (tenant_id, key_id, token) where key_id is not null;
create index fingerprint_by_key on vault.token_fingerprint (tenant_id, index_key_id, token);

do $$
declare
  name text;
begin
  foreach name in array array['root_key', 'key_proposal', 'key_job', 'key_certificate', 'custody_journal']
  loop
    execute format('alter table vault.%I enable row level security', name);
    execute format('alter table vault.%I force row level security', name);
    execute format('create policy own_tenant on vault.%I using (tenant_id = vault.current_tenant()) '
      || 'with check (tenant_id = vault.current_tenant())', name);
  end loop;
end $$;

grant select on vault.key_wrap to cofferdam_rotator;
-- Of kept answers only their age, which tells whether a former request key may still be needed.
grant select (tenant_id, created_at) on vault.idempotent_request to cofferdam_rotator;
grant select, insert, update (state, retired_at, destroyed_at) on vault.root_key to cofferdam_rotator;
grant select, insert, update (state, approved_by, approved_at, approver_key, approval_statement, started_by, started_at,
  ended_at, result, transcript, artifact) on vault.key_proposal to cofferdam_rotator;
grant select, insert, update (state, priority, max_rows_per_second, rows_total, rows_done, after_token, reason, updated_at,
  ended_at) on vault.key_job to cofferdam_rotator;
grant select, insert on vault.key_certificate, vault.custody_journal to cofferdam_rotator;
grant select on vault.root_key, vault.key_job, vault.key_certificate, vault.custody_journal to cofferdam_auditor;
-- All of a proposal but what it made: an export holds wrapped keys, and the auditor's login has none.
grant select (tenant_id, proposal_id, operation, ceremony, digest, reason, approvals_needed, state, proposed_by, proposed_at,
  expires_at, proposer_key, proposal_statement, approved_by, approved_at, approver_key, approval_statement, started_by,
  started_at, ended_at, transcript) on vault.key_proposal to cofferdam_auditor;
-- A version's state and what it counts may change; its name, purpose and number never do.
revoke update on vault.key_version from cofferdam_rotator;
grant update (state, is_primary, uses, activated_at) on vault.key_version to cofferdam_rotator;
