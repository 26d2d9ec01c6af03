-- Every session is told first
set default_transaction_read_only = on;
set datestyle = 'ISO, YMD';
set statement_timeout = 30000;
set lock_timeout = 5000;

-- Can this account write?
select 'superuser' as what from pg_roles where rolname = current_user and rolsuper
union all
select p.verb || ' on ' || n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join (values ('insert'), ('update'), ('delete'), ('truncate')) p(verb)
where c.relkind in ('r', 'p', 'v', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%'
and (has_table_privilege(c.oid, p.verb)
     or (p.verb in ('insert', 'update') and has_any_column_privilege(c.oid, p.verb)))
limit 50;

-- What columns does a view have?
select * from "clinic"."v_payment" v where 1 = 0;

-- The first page
select v."src_pk", v."row_ver"::text, v."payment_id", v."flag" from "clinic"."v_payment" v where v."row_ver" is not null and v."src_pk" is not null order by v."row_ver", v."src_pk" limit 500;

-- The next page, and what is read anew
select v."src_pk", v."row_ver"::text, v."payment_id", v."flag" from "clinic"."v_payment" v where v."row_ver" is not null and v."src_pk" is not null and v."row_ver" >= cast(%s as timestamp with time zone) and (v."row_ver" > cast(%s as timestamp with time zone) or v."src_pk" > cast(%s as bigint)) order by v."row_ver", v."src_pk" limit 500;
--   '2025-03-03 09:14:00.25+08', '2025-03-03 09:14:00.25+08', '41'

-- Where a view ends, for one that begins there
select v."src_pk", v."row_ver"::text, v."payment_id", v."flag" from "clinic"."v_payment" v where v."row_ver" is not null and v."src_pk" is not null order by v."row_ver" desc, v."src_pk" desc limit 1;

-- All rows of two payments
select v."src_pk", v."row_ver"::text, v."payment_id", v."flag" from "clinic"."v_payment" v where v."payment_id" in (cast(%s as varchar(20)), cast(%s as varchar(20)));
--   'P1', 'P2'

-- A vendor's own table without versions, bounded by days
select v."src_pk", v."row_ver"::text, v."payment_id", v."flag" from (select id as src_pk, name from calls where day >= date '2025-03-02' and room like 'A%%') v where v."src_pk" is not null limit 20001;
