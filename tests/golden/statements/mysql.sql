-- Every session is told first
set session transaction isolation level read committed;
set session transaction read only;
set session time_zone = '+08:00', lock_wait_timeout = 5 /*M!100101 , max_statement_time = 30 */ /*!50708 , max_execution_time = 30000 */;

-- Can this account write?
show grants;

-- What columns does a view have?
select * from `his`.`v_payment` v where 1 = 0;

-- The first page
select v.`src_pk`, v.`row_ver`, v.`payment_id`, v.`flag` from `his`.`v_payment` v where v.`row_ver` is not null and v.`src_pk` is not null order by v.`row_ver`, v.`src_pk` limit 500;

-- The next page, and what is read anew
select v.`src_pk`, v.`row_ver`, v.`payment_id`, v.`flag` from `his`.`v_payment` v where v.`row_ver` is not null and v.`src_pk` is not null and v.`row_ver` >= cast(%s as datetime(6)) and (v.`row_ver` > cast(%s as datetime(6)) or v.`src_pk` > %s) order by v.`row_ver`, v.`src_pk` limit 500;
--   '2025-03-03 09:14:00', '2025-03-03 09:14:00', 41

-- Where a view ends, for one that begins there
select v.`src_pk`, v.`row_ver`, v.`payment_id`, v.`flag` from `his`.`v_payment` v where v.`row_ver` is not null and v.`src_pk` is not null order by v.`row_ver` desc, v.`src_pk` desc limit 1;

-- All rows of two payments
select v.`src_pk`, v.`row_ver`, v.`payment_id`, v.`flag` from `his`.`v_payment` v where v.`payment_id` in (%s, %s);
--   'P1', 'P2'

-- A vendor's own table without versions, bounded by days
select v.`src_pk`, v.`row_ver`, v.`payment_id`, v.`flag` from (select id as src_pk, name from calls where day >= date '2025-03-02' and room like 'A%%') v where v.`src_pk` is not null limit 20001;
