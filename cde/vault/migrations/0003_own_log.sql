-- The vault's own log: it takes what has no tenant yet, such as refused access tokens. It is a tenant without keys, so it
-- can hold no card; an auditor reads its log as any other.
select set_config('app.tenant_id', '00000000-0000-4000-8000-000000000000', true);

insert into vault.tenant (tenant_id, name, status, created_at)
values ('00000000-0000-4000-8000-000000000000', 'The vault itself', 'active', now())
on conflict (tenant_id) do nothing;
