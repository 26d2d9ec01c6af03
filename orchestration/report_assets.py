"""Reports in Dagster: once a day has closed, its reports are written and delivered; what failed is tried again.

A job of its own: a report that nobody took leaves the day as published as it is. Jobs that are not resolved yet have
no public type in Dagster, hence Any.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from ingest.clock import load_clock
from ingest.settings import Site
from orchestration.about import about, counted
from orchestration.days import last_closed_day
from orchestration.plots import bars_plot
from orchestration.reports.sending import Outcome, Reports
from orchestration.resources import Hospital

REPORTS = dg.AssetKey(["day", "reports"])
# After two minutes, four, eight, sixteen: by then a mail server that was being restarted is back.
_RETRY = dg.RetryPolicy(max_retries=4, delay=120, backoff=dg.Backoff.EXPONENTIAL)


def reports_asset(days: dg.DailyPartitionsDefinition, after: dg.AssetKey) -> dg.AssetsDefinition:
    """The reports of a closed day, in the folder of reports and delivered."""

    @dg.asset(
        key=REPORTS, deps=[after], partitions_def=days, group_name="day", kinds={"python"}, retry_policy=_RETRY,
        owners=["team:quality"], metadata=about("one file per report, language and format", "orchestration/reports"),
        description="报告:生成并送达 · Reports of the closed day, written and delivered.",
    )  # fmt: skip
    def reports(context: dg.AssetExecutionContext, hospital: Hospital) -> dg.MaterializeResult[None]:
        made = Reports(hospital.warehouse, hospital.site, context.partition_key)
        files = made.keep()
        outcomes = made.send()
        if failed := [outcome for outcome in outcomes if outcome.why]:
            raise dg.Failure(_undelivered(failed), metadata={"deliveries": _table(outcomes)})
        sizes = {path.name: path.stat().st_size / 1024 for path in files}
        told: dict[str, Any] = counted(len(files)) | {"by file": bars_plot("KiB by file", dict(sizes))}
        told["files"] = dg.MetadataValue.json([str(path) for path in files])
        return dg.MaterializeResult(metadata=told | ({"deliveries": _table(outcomes)} if outcomes else {}))

    return reports


def reports_job() -> Any:
    """The job that writes and delivers the reports of a day."""
    return dg.define_asset_job("send_reports", selection=dg.AssetSelection.assets(REPORTS))


def reports_sensor(close_day: Any, send_reports: Any, site: Site) -> dg.SensorDefinition:
    """Starts that job when the newest closed day was published. A day closed anew later on is not sent again."""

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS, name="send_reports_of_the_day", monitored_jobs=[close_day],
        request_job=send_reports, minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING,
    )  # fmt: skip
    def send_reports_of_the_day(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        day = context.partition_key
        if day is None or day != last_closed_day(site, load_clock()):
            return dg.SkipReason(f"{day} is not the day that has just closed: hispulse report send {day}")
        if site.hospital.rehearsal and not site.names("deliveries"):
            return dg.SkipReason("a rehearsal without deliveries: hispulse report day writes its reports")
        return dg.RunRequest(run_key=f"reports:{day}", partition_key=day)

    return send_reports_of_the_day


def _undelivered(failed: Sequence[Outcome]) -> str:
    said = [f"{o.delivery} ({o.due.report} {o.due.period} {o.due.department}".rstrip() + f"): {o.why}" for o in failed]
    return f"{len(failed)} deliveries failed and are tried again: {'; '.join(said)}"


def _table(outcomes: Sequence[Outcome]) -> dg.TableMetadataValue:
    rows = [
        dg.TableRecord({
            "delivery": outcome.delivery, "report": outcome.due.report, "period": outcome.due.period,
            "department": outcome.due.department, "state": outcome.why or ("before" if outcome.before else "delivered"),
        })
        for outcome in outcomes
    ]  # fmt: skip
    return dg.MetadataValue.table(rows)
