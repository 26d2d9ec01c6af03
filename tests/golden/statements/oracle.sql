-- Every session is told first
alter session set nls_numeric_characters = '.,';

-- Can this account write?
select privilege as what from session_privs
union all
select t.privilege || ' on ' || t.table_schema || '.' || t.table_name from all_tab_privs t
where t.grantee = user or t.grantee in (select role from session_roles);

-- What columns does a view have?
select * from "HIS"."v_payment" v where 1 = 0;

-- The first page
select * from (select v."SRC_PK", to_char(v."ROW_VER", 'YYYY-MM-DD HH24:MI:SS.FF9') as "ROW_VER", v."PAYMENT_ID", to_char(v."PAID_AT", 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') as "PAID_AT" from "HIS"."v_payment" v where v."ROW_VER" is not null and v."SRC_PK" is not null order by v."ROW_VER", v."SRC_PK") where rownum <= 500;

-- The next page, and what is read anew
select * from (select v."SRC_PK", to_char(v."ROW_VER", 'YYYY-MM-DD HH24:MI:SS.FF9') as "ROW_VER", v."PAYMENT_ID", to_char(v."PAID_AT", 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') as "PAID_AT" from "HIS"."v_payment" v where v."ROW_VER" is not null and v."SRC_PK" is not null and v."ROW_VER" >= to_timestamp(:1, 'YYYY-MM-DD HH24:MI:SS.FF9') and (v."ROW_VER" > to_timestamp(:2, 'YYYY-MM-DD HH24:MI:SS.FF9') or v."SRC_PK" > :3) order by v."ROW_VER", v."SRC_PK") where rownum <= 500;
--   '2025-03-03 09:14:00.250000000', '2025-03-03 09:14:00.250000000', 'K41'

-- Where a view ends, for one that begins there
select * from (select v."SRC_PK", to_char(v."ROW_VER", 'YYYY-MM-DD HH24:MI:SS.FF9') as "ROW_VER", v."PAYMENT_ID", to_char(v."PAID_AT", 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') as "PAID_AT" from "HIS"."v_payment" v where v."ROW_VER" is not null and v."SRC_PK" is not null order by v."ROW_VER" desc, v."SRC_PK" desc) where rownum <= 1;

-- All rows of two payments
select v."SRC_PK", to_char(v."ROW_VER", 'YYYY-MM-DD HH24:MI:SS.FF9') as "ROW_VER", v."PAYMENT_ID", to_char(v."PAID_AT", 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') as "PAID_AT" from "HIS"."v_payment" v where v."PAYMENT_ID" in (:1, :2);
--   'P1', 'P2'

-- A vendor's own table without versions, bounded by days
select * from (select v."SRC_PK", to_char(v."ROW_VER", 'YYYY-MM-DD HH24:MI:SS.FF9') as "ROW_VER", v."PAYMENT_ID", to_char(v."PAID_AT", 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') as "PAID_AT" from (select id as src_pk, name from calls where day >= date '2025-03-02' and room like 'A%') v where v."SRC_PK" is not null) where rownum <= 20001;
