"""What Dagster loads: assets, checks, the job that closes a day, and when it runs."""

import dagster as dg

from ingest.settings import Site, load_site
from orchestration.assets import build_assets
from orchestration.checks import build_checks
from orchestration.days import partitions
from orchestration.resources import Hospital, site_name
from orchestration.schedules import closing_schedule, rehearsal_sensor


def definitions(site: Site) -> dg.Definitions:
    """All of one hospital's."""
    close_day = dg.define_asset_job("close_day", selection=dg.AssetSelection.all())
    return dg.Definitions(
        assets=build_assets(partitions(site), site.hospital.zone),
        asset_checks=build_checks(),
        jobs=[close_day],
        schedules=[closing_schedule(close_day)],
        sensors=[rehearsal_sensor(close_day, site)] if site.hospital.rehearsal else [],
        resources={"hospital": Hospital(site_file=str(site.path))},
        executor=dg.in_process_executor,  # a process for each step would take ten times as long
    )


defs = definitions(load_site(site_name()))
