"""What Dagster loads: assets, checks, the jobs that close a day and send its reports, and when they run."""

import dagster as dg

from ingest.settings import Site, load_site
from orchestration.assets import PERIODS, build_assets
from orchestration.checks import build_checks
from orchestration.days import partitions
from orchestration.report_assets import REPORTS, reports_asset, reports_job, reports_sensor
from orchestration.resources import Hospital, site_name
from orchestration.schedules import closing_schedule, late_schedule, rehearsal_sensor


def definitions(site: Site) -> dg.Definitions:
    """All of one hospital's."""
    days, send_reports = partitions(site), reports_job()
    everything = dg.AssetSelection.all() - dg.AssetSelection.assets(REPORTS)
    close_day = dg.define_asset_job("close_day", selection=everything)
    rehearsed = [rehearsal_sensor(close_day, site)] if site.hospital.rehearsal else []
    return dg.Definitions(
        assets=[*build_assets(days, site.hospital.zone), reports_asset(days, PERIODS)],
        asset_checks=build_checks(),
        jobs=[close_day, send_reports],
        schedules=[closing_schedule(close_day), late_schedule(close_day, site)],
        sensors=[*rehearsed, reports_sensor(close_day, send_reports, site)],
        resources={"hospital": Hospital(site_file=str(site.path))},
        executor=dg.in_process_executor,  # a process for each step would take ten times as long
    )


defs = definitions(load_site(site_name()))
