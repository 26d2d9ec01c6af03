"""What Dagster loads: assets, checks, the job that closes a day, and when it runs."""

import dagster as dg

from ingest.settings import load_site
from orchestration.assets import build_assets
from orchestration.checks import build_checks
from orchestration.days import partitions
from orchestration.resources import Hospital, site_name
from orchestration.schedules import closing_schedule, rehearsal_sensor

_site = load_site(site_name())
_days = partitions(_site)

close_day = dg.define_asset_job("close_day", selection=dg.AssetSelection.all())

defs = dg.Definitions(
    assets=build_assets(_days, _site.hospital.zone),
    asset_checks=build_checks(),
    jobs=[close_day],
    schedules=[closing_schedule(close_day)],
    sensors=[rehearsal_sensor(close_day, _site)] if _site.hospital.rehearsal else [],
    resources={"hospital": Hospital(site_file=str(_site.path))},
    executor=dg.in_process_executor,  # a process for each step would take ten times as long
)
