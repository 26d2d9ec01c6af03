"""Closes one day from the command line: the very job that the schedule runs, in this process."""

import dagster as dg
import structlog

from orchestration.orphans import end_orphans, this_process
from orchestration.serve import dagster_home

log = structlog.get_logger("orchestration")


def close_day(day: str, wait_min: float = 0.0, close_anyway: bool = False, periods_later: bool = False) -> bool:
    """Run the job for one day and say how it went. True when the day was published."""
    dagster_home()
    from orchestration.definitions import defs

    with dg.DagsterInstance.get() as instance:
        end_orphans(instance)
        job = defs.resolve_job_def("close_day")
        result = job.execute_in_process(
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": {
                    "day__heard": {"config": {"wait_min": wait_min, "close_anyway": close_anyway}},
                    "day__periods": {"config": {"later": periods_later}},
                },
            },
            partition_key=day, instance=instance, raise_on_error=False, tags=this_process(),
        )  # fmt: skip
        failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
        for check in failed:
            log.warning("check_failed", day=day, asset=check.asset_key.to_user_string(), check=check.check_name)
        for failure in (e.step_failure_data for e in result.all_events if e.is_step_failure):
            said = failure.user_failure_data
            log.error("step_failed", day=day, reason=said.description if said else str(failure.error))
        log.info("day_closed" if result.success else "day_withheld", day=day, failed_checks=len(failed))
        return bool(result.success)
