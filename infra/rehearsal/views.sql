-- The rehearsal hospital's database: one table per system, and the canonical views that a connector reads
-- (specification 7.2). `row_ver` grows with every change of a row.
create sequence if not exists row_versions;

create table if not exists ed_stays (
    src_pk text primary key,
    row_ver bigint not null default nextval('row_versions'),
    is_deleted boolean not null default false,
    visit_id text not null,
    arrived_at timestamptz,
    arrival_mode text,
    triaged_at timestamptz,
    acuity text,
    seen_at timestamptz,
    doctor_id text,
    location text,
    location_from timestamptz,
    location_to timestamptz,
    decided_at timestamptz,
    decision text,
    departed_at timestamptz,
    disposition text
);

create index if not exists ed_stays_row_ver on ed_stays (row_ver);

create or replace view v_ed as
select
    src_pk, row_ver, is_deleted, visit_id, arrived_at, arrival_mode, triaged_at, acuity, seen_at, location,
    location_from, location_to, decided_at, decision, departed_at, disposition
from ed_stays;

create table if not exists inpatient_stays (
    src_pk text primary key,
    row_ver bigint not null default nextval('row_versions'),
    is_deleted boolean not null default false,
    visit_id text not null,
    requested_at timestamptz,
    admitted_at timestamptz,
    ward text,
    transferred_at timestamptz,
    discharge_ordered_at timestamptz,
    discharged_at timestamptz,
    settled_at timestamptz,
    settle_place text,
    disposition text
);

create index if not exists inpatient_stays_row_ver on inpatient_stays (row_ver);

create or replace view v_inpatient as
select
    src_pk, row_ver, is_deleted, visit_id, requested_at, admitted_at, ward, transferred_at, discharge_ordered_at,
    discharged_at, settled_at, settle_place, disposition
from inpatient_stays;

create table if not exists complaints (
    src_pk text primary key,
    row_ver bigint not null default nextval('row_versions'),
    is_deleted boolean not null default false,
    complaint_id text not null,
    received_at timestamptz,
    channel text,
    category text,
    dept_code text,
    multi_dept boolean,
    assigned_at timestamptz,
    responded_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    outcome text,
    reopened_of text
);

create index if not exists complaints_row_ver on complaints (row_ver);

create or replace view v_complaint as
select
    src_pk, row_ver, is_deleted, complaint_id, received_at, channel, category, dept_code, multi_dept, assigned_at,
    responded_at, resolved_at, closed_at, outcome, reopened_of
from complaints;

do $$
begin
    if not exists (select from pg_roles where rolname = 'hispulse_reader') then
        create role hispulse_reader login;
        alter role hispulse_reader set default_transaction_read_only = on;
    end if;
end
$$;

grant usage on schema public to hispulse_reader;
grant select on v_ed, v_inpatient, v_complaint to hispulse_reader;
