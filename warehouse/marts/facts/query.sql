-- One row per live fact in reach of the day, under the visit in which it counts, with what its payload says.
create table {facts:Identifier} engine = MergeTree order by (event_type, subject, occurred_at) as
with
    -- Each body is parsed once, for all stages, and left behind before anything is joined.
    told as (
        select
            event_type,
            event_id,
            subject,
            occurred_at,
            -- A time of day precision neither starts nor ends a stage.
            cast(occurred_precision, 'String') != 'day' as timed,
            visit_id,
            patient_id,
            JSONExtract(body, 'Tuple(
                acuity String, age_band String, amount String, appointment_id String, arrival_mode String,
                bill_id String, by String, by_patient_choice Bool, category String, channel String, closed_by String, consultation_seq Nullable(Int64),
                critical_id String,
                decision String, died Bool, decoction Bool, delivery String, dept String, dept_code String, device_id String, disposition String,
                doctor_id String, end_imputed Bool, fee_amount String, full_settlement Nullable(Bool), item_class String,
                item_code String, kind String, location_id String, modality String, mode String, new_slot_start Nullable(Int64),
                order_id String, ordering_dept String, outcome String,
                parts Array(Tuple(channel String, amount String)), pathway String, patient_group String, payment_id String,
                pharmacy_id String, planned_date String, point String, prescription_id String, priority String,
                queue_id String, reason_code String, refund_id String, ref_ids Array(String), rejected Bool, reporter_id String,
                room_id String, rx_type String, serve_seq Nullable(Int64), service_point_type String, settle_place String,
                scheduled_start Nullable(Int64), slot_start Nullable(Int64), specimen_id String, staff_id String, status String, steps_required Nullable(Int64), target_ward String, terminal_type String,
                visit_class String, visit_kind String, ward String, window_id String
            )') as said
        from day_events
        where build_day = {day:Date} and facility_id = {facility:String}
    ),
    -- A fact that names a visit is in it, whatever the rest of its subject says; else it is where its subject is.
    placed as (
        select told.*, if(told.visit_id != '', told.visit_id, links.visit_id) as named_visit
        from told
        left any join {links:Identifier} as links on links.subject = told.subject
    )
select
    placed.event_type as event_type,
    placed.event_id as event_id,
    placed.subject as subject,
    placed.occurred_at as occurred_at,
    placed.timed as timed,
    if(moves.survivor_id != '', moves.survivor_id, named_visit) as visit_id,
    placed.patient_id as patient_id,
    placed.said as said
from placed
left any join {moves:Identifier} as moves on moves.visit_id = placed.named_visit
