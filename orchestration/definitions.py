"""What Dagster loads: assets, checks, the jobs that close a day and send its reports, and when they run."""

import dagster as dg

from ingest.settings import Site, load_site
from orchestration.assets import PERIODS, build_assets
from orchestration.checks import build_checks
from orchestration.days import partitions
from orchestration.report_assets import REPORTS, reports_asset, reports_job, reports_sensor
from orchestration.resources import Hospital, site_name
from orchestration.retention_asset import KEPT, retention_asset, retention_job, retention_schedule
from orchestration.schedules import closing_schedule, late_schedule, rehearsal_sensor
from orchestration.volume import NEWEST, freshness_job, freshness_schedule, volume_checks


def definitions(site: Site) -> dg.Definitions:
    """All of one hospital's."""
    days, send_reports = partitions(site), reports_job()
    forget, look, zone = retention_job(), freshness_job(), site.hospital.zone
    everything = dg.AssetSelection.all() - dg.AssetSelection.assets(REPORTS, KEPT) - dg.AssetSelection.checks(NEWEST)
    close_day = dg.define_asset_job("close_day", selection=everything)
    rehearsed = [rehearsal_sensor(close_day, site)] if site.hospital.rehearsal else []
    return dg.Definitions(
        assets=[*build_assets(days, zone), reports_asset(days, PERIODS), retention_asset()],
        asset_checks=[*build_checks(), *volume_checks()],
        jobs=[close_day, send_reports, forget, look],
        schedules=[
            closing_schedule(close_day),
            late_schedule(close_day, site),
            retention_schedule(forget, zone),
            freshness_schedule(look, zone),
        ],
        sensors=[*rehearsed, reports_sensor(close_day, send_reports, site)],
        resources={"hospital": Hospital(site_file=str(site.path))},
        executor=dg.in_process_executor,  # a process for each step would take ten times as long
    )


defs = definitions(load_site(site_name()))
