-- Every session is told first
set nocount on;
set deadlock_priority low;
set lock_timeout 5000;
set transaction isolation level read committed;

-- Can this account write?
select permission_name as what from sys.fn_my_permissions(null, 'DATABASE')
union all
select p.permission_name + ' on ' + isnull(case p.class when 1 then object_name(p.major_id)
    when 3 then 'schema ' + schema_name(p.major_id) end, '?')
from sys.database_permissions p join sys.database_principals who on who.principal_id = p.grantee_principal_id
where p.class in (1, 3) and p.state in ('G', 'W') and p.major_id > 0
and (who.name = user_name() or is_member(who.name) = 1);

-- What columns does a view have?
select name, system_type_name from sys.dm_exec_describe_first_result_set(%s, null, 0);
--   'select * from [his].[v_payment] v where 1 = 0'

-- The first page
select top (500) v.[src_pk], convert(bigint, v.[row_ver]) as [row_ver], v.[payment_id], convert(varchar(27), v.[paid_at], 121) as [paid_at] from [his].[v_payment] v where v.[row_ver] is not null and v.[src_pk] is not null order by v.[row_ver], v.[src_pk];

-- The next page, and what is read anew
select top (500) v.[src_pk], convert(bigint, v.[row_ver]) as [row_ver], v.[payment_id], convert(varchar(27), v.[paid_at], 121) as [paid_at] from [his].[v_payment] v where v.[row_ver] is not null and v.[src_pk] is not null and v.[row_ver] >= cast(cast(8001 as bigint) as binary(8)) and (v.[row_ver] > cast(cast(8001 as bigint) as binary(8)) or v.[src_pk] > convert(varchar(20), N'K41')) order by v.[row_ver], v.[src_pk];

-- Where a view ends, for one that begins there
select top (1) v.[src_pk], convert(bigint, v.[row_ver]) as [row_ver], v.[payment_id], convert(varchar(27), v.[paid_at], 121) as [paid_at] from [his].[v_payment] v where v.[row_ver] is not null and v.[src_pk] is not null order by v.[row_ver] desc, v.[src_pk] desc;

-- All rows of two payments
select v.[src_pk], convert(bigint, v.[row_ver]) as [row_ver], v.[payment_id], convert(varchar(27), v.[paid_at], 121) as [paid_at] from [his].[v_payment] v where v.[payment_id] in (convert(nvarchar(20), N'P1'), convert(nvarchar(20), N'P2'));

-- A vendor's own table without versions, bounded by days
select top (20001) v.[src_pk], convert(bigint, v.[row_ver]) as [row_ver], v.[payment_id], convert(varchar(27), v.[paid_at], 121) as [paid_at] from (select id as src_pk, name from calls where day >= '20250302' and room like 'A%') v where v.[src_pk] is not null;
