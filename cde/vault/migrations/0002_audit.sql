-- The audit log: one Merkle tree per tenant (RFC 9162 §2.1), written in the transaction of the effect it records.
--
-- Nobody but the owner of the tables may change or remove an entry, and the owner cannot do so unseen: the signed
-- checkpoints lie outside this database. PCI DSS 10.3.2, 10.3.4.
create table vault.audit_head (
  tenant_id  uuid primary key references vault.tenant,
  size       bigint not null check (size >= 0),
  frontier   bytea not null,
  updated_at timestamptz(3) not null,
  -- One hash per set bit of the size: a right edge of another size cannot be stored.
  check (octet_length(frontier) = 32 * bit_count(size::bit(64)))
);
comment on table vault.audit_head is
  'The right edge of each tenant''s tree. Its row is locked by whoever appends, so sequences have no gap.';
comment on column vault.audit_head.frontier is 'Hashes of the full subtrees of the right edge, 32 bytes each, largest first.';

-- No foreign key: checking one for each row would lock the tenant row on the hot path, and whoever appends holds the
-- tenant's head, which has one.
create table vault.audit_event (
  tenant_id uuid not null,
  sequence  bigint not null check (sequence >= 0),
  entry     text not null check (octet_length(entry) between 2 and 2048),
  leaf_hash bytea not null check (octet_length(leaf_hash) = 32),
  primary key (tenant_id, sequence)
);
comment on table vault.audit_event is 'What happened, in order, without a gap. Kept at least 12 months (PCI DSS 10.5.1).';
comment on column vault.audit_event.entry is 'Canonical JSON, the source of truth; never a card number, never a fingerprint.';
comment on column vault.audit_event.leaf_hash is 'SHA-256(0x00 || entry): kept so that a proof reads hashes, not entries.';

create table vault.audit_subtree (
  tenant_id  uuid not null,
  level      smallint not null check (level >= 8 and level % 8 = 0),
  node_index bigint not null check (node_index >= 0),
  hash       bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, level, node_index)
);
comment on table vault.audit_subtree is
  'Hashes of full subtrees of 256, 65,536… entries: with them a proof reads hundreds of rows, whatever the size of the log.';

do $$
declare
  name text;
begin
  foreach name in array array['audit_head', 'audit_event', 'audit_subtree']
  loop
    execute format('alter table vault.%I enable row level security', name);
    execute format('alter table vault.%I force row level security', name);
    execute format('create policy own_tenant on vault.%I using (tenant_id = vault.current_tenant()) '
      || 'with check (tenant_id = vault.current_tenant())', name);
  end loop;
end $$;

-- Appending is an insert of entries and an update of the head; no role may update, delete or truncate entries.
grant select, insert on vault.audit_event, vault.audit_subtree to cofferdam_api, cofferdam_rotator;
grant select, insert, update (size, frontier, updated_at) on vault.audit_head to cofferdam_api, cofferdam_rotator;
grant select on vault.audit_head, vault.audit_event, vault.audit_subtree to cofferdam_auditor;
