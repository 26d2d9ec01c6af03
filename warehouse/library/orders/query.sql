-- One row per order and day: from specimen or booking to the report. 每个医嘱每天一行：从采样或预约到报告
select
    facility_id,  -- LowCardinality(String) | 院区 · facility
    day,  -- Date | 业务日 · business day
    scope_id as order_id,  -- String | 医嘱(假名) · order, a pseudonym
    anyIf(visit_id, visit_id != '') as visit,  -- String | 所属就诊(假名) · its visit, a pseudonym
    anyIf(dims['item_code'], dims['item_code'] != '') as item,  -- String | 项目 · item
    anyIf(dims['modality'], dims['modality'] != '') as modality,  -- String | 检查类别 · modality
    anyIf(dims['priority'], dims['priority'] != '') as priority,  -- String | 优先级 · priority
    anyIf(dims['patient_class'], dims['patient_class'] != '') as patient_class,  -- String | 患者类别 · class of patient
    anyIf(millis, stage = 'lab_preanalytic' and series = '' and excluded = '') / 60000 as preanalytic_min,  -- Nullable(Float64) | 检验前(分) · minutes until received
    anyIf(millis, stage = 'lab_intra' and series = '' and excluded = '') / 60000 as lab_min,  -- Nullable(Float64) | 实验室内(分) · minutes in the laboratory
    anyIf(millis, stage = 'exam_booking' and series = '' and excluded = '') / 60000 as booking_min,  -- Nullable(Float64) | 检查预约(分) · minutes from order to the booked time
    anyIf(millis, stage = 'exam_report' and series = '' and excluded = '') / 60000 as report_min,  -- Nullable(Float64) | 检查报告(分) · minutes from examination to report
    anyIf(millis, stage = 'exam_order_report' and series = '' and excluded = '') / 60000 as order_to_report_min,  -- Nullable(Float64) | 开单到报告(分) · minutes from order to report
    arraySort(groupUniqArrayIf(concat(stage, ':', excluded), excluded != '')) as left_out  -- Array(String) | 未计入的环节及原因 · stages left out, and why
from stage_rows
where scope = 'order'
group by facility_id, day, order_id
