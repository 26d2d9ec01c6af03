"""The columns of the canonical views (domain specification 7.2), as whoever provides a view or maps a table needs them.

Beside its own, each view has `src_pk`, `row_ver` and `is_deleted`; a number that starts anew each day goes with the
column of its date, e.g. `visit_date`.
"""

from __future__ import annotations

COMMON = ("src_pk", "row_ver", "is_deleted")

COLUMNS: dict[str, tuple[str, ...]] = {
    view: tuple(columns.split())
    for view, columns in {
        "v_schedule": ("session_id dept_code doctor_id session_date start_at end_at capacity pool status suspended_at"),
        "v_appointment": (
            "appointment_id patient_key slot_start slot_end dept_code doctor_id object channel status booked_at "
            "changed_at cancelled_at cancel_by old_appointment_id"
        ),
        "v_register": (
            "visit_id visit_no visit_date appointment_id patient_key birth_date sex patient_group visit_class "
            "visit_kind channel is_add planned_date dept_code doctor_id registered_at checked_in_at check_in_point "
            "triaged_at acuity assigned_dept status refunded_at fee"
        ),
        "v_queue_call": (
            "call_log_id ticket_id ticket_no queue_id service_point_type window_id staff_id visit_id visit_date "
            "ref_ids action action_at call_seq sort_no priority reason closed_by"
        ),
        "v_queue_ticket": (
            "ticket_id ticket_no queue_id service_point_type window_id staff_id visit_id visit_date ref_ids sort_no "
            "priority reason joined_at called_at call_count missed_at served_at completed_at left_at closed_by"
        ),
        "v_visit": (
            "visit_id visit_date consultation_seq dept_code doctor_id room_id mode started_at ended_at outcome"
        ),
        "v_order": (
            "order_id order_date filler_id visit_id visit_date category item_code priority ordering_dept doctor_id "
            "ordered_at cancelled_at performing_dept"
        ),
        "v_exam": (
            "order_id order_date visit_id visit_date report_id report_version by_patient_choice modality device_id "
            "scheduled_at arrived_at started_at ended_at reported_at verified_at report_status"
        ),
        "v_lab": (
            "order_id order_date visit_id visit_date specimen_id report_id report_version item_code critical_id "
            "collected_at received_at rejected_at reported_at verified_at report_status critical_flag critical_at "
            "critical_ack_at"
        ),
        "v_bill": (
            "bill_id bill_date visit_id visit_date dept_code item_class order_id amount created_at status reversed_of "
            "reversed_date"
        ),
        "v_payment": (
            "payment_id payment_date bill_id bill_date visit_id visit_date channel amount terminal_type terminal_id "
            "cashier_id paid_at full_settlement refund_requested_at status reversed_of reversed_date"
        ),
        "v_prescription": (
            "prescription_id prescription_date visit_id visit_date rx_type dept_code doctor_id items decoction "
            "bill_id bill_date submitted_at reviewed_at review_result review_mode cancelled_at"
        ),
        "v_dispense": (
            "prescription_id prescription_date visit_id visit_date pharmacy_id window_id robot partial delivery "
            "prepared_at called_at dispensed_at returned_at status reversed_of reversed_date"
        ),
        "v_ed": (
            "visit_id visit_date arrived_at arrival_mode triaged_at acuity seen_at location location_from location_to "
            "decided_at decision departed_at disposition"
        ),
        "v_inpatient": (
            "visit_id visit_date requested_at admitted_at ward transferred_at discharge_ordered_at discharged_at "
            "settled_at settle_place disposition"
        ),
        "v_followup": "followup_id patient_key visit_id visit_date kind due_date done_at outcome medium",
        "v_survey": "survey_id survey_type visit_id visit_date sent_at submitted_at item_code score scale",
        "v_complaint": (
            "complaint_id received_at channel category dept_code multi_dept assigned_at responded_at resolved_at "
            "closed_at outcome reopened_of"
        ),
    }.items()
}
