"""Reports end to end: a day that was really built, read, written, printed, and delivered to real servers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from hispulse import app
from ingest.clock import load_clock
from ingest.errors import Misconfigured
from ingest.settings import load_site
from orchestration.days import last_closed_day
from orchestration.definitions import definitions
from orchestration.report_assets import REPORTS
from orchestration.reports.chromium import chromium
from orchestration.reports.day import day_report
from orchestration.reports.delivery.http import tell_robot
from orchestration.reports.delivery.parcel import Undelivered, parcel_of
from orchestration.reports.delivery.settings import RobotSettings
from orchestration.reports.files import contents
from orchestration.reports.reading import read_day
from orchestration.resources import Hospital
from tests.post_office import SECRET, MailRoom, PostOffice
from tests.report_morning import DAY, Morning, a_morning
from tests.services_warehouse import EmbeddedProcess
from tests.unit.report_facts import full_day
from warehouse.report_deliveries import standing

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def morning(embedded: EmbeddedProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    built = a_morning(embedded, tmp_path_factory.mktemp("reports"))
    yield built
    built.warehouse.close()


def run(morning: Morning, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--site", str(morning.site_file)])


def test_a_day_is_read_as_the_mart_has_it(morning: Morning) -> None:
    facts = read_day(morning.warehouse, morning.site, DAY)
    found = morning.warehouse.rows(
        "select kpi, n, value from kpi_values where day = {day:Date} and grain = 'day' and empty(dims) and series = ''",
        {"day": DAY},
    )
    told = {f.kpi.code: (f.n, f.value) for f in facts.figures if not f.dim}
    assert {row["kpi"]: (row["n"], row["value"]) for row in found}.items() <= told.items()
    whole = facts.whole("consult_wait")
    assert whole is not None and [doubt.observed for doubt in whole.doubts] == ["1 of 1: [93.5]"]
    [restated] = facts.restated
    assert (restated.kpi, restated.first_value, restated.publications) == ("consult_wait", 2 * (whole.value or 0), 2)
    assert facts.is_working_day
    # Only working days are compared with one: of 18 days before, thirteen.
    assert len(facts.history["consult_wait", ""]) == 13
    assert facts.history["consult_wait", "CARD"]


def test_a_day_that_was_never_published_has_no_report(morning: Morning) -> None:
    with pytest.raises(Misconfigured, match=r"2025-01-01 was not published: close it with `hispulse day close"):
        read_day(morning.warehouse, morning.site, "2025-01-01")


def test_the_commands_write_every_report_in_every_format(morning: Morning, tmp_path: Path) -> None:
    out = ("--out", str(tmp_path))
    done = run(morning, "report", "day", DAY, *out, "--format", "html,xlsx,csv,parquet")
    assert done.exit_code == 0, done.output
    done = run(morning, "report", "week", DAY, "--dept", "CARD", "--lang", "en", *out)
    assert done.exit_code == 0, done.output
    done = run(morning, "report", "month", DAY, *out)
    assert done.exit_code == 0, done.output
    action = ("--action-on", DAY, "--dept", "CARD", "--against", "DERM", "--goal", "10")
    done = run(morning, "report", "improvement", "consult_wait", *action, *out)
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"day-{DAY}-zh.{form}" for form in ("html", "xlsx", "csv", "parquet")),
        "week-2025-W13-CARD-en.html",
        "month-2025-03-zh.html",
        f"improvement-consult_wait-CARD-{DAY}-zh.html",
    }
    page = (tmp_path / f"day-{DAY}-zh.html").read_text("utf-8")
    assert "候诊时间" in page and "升高（变差）" in page and "已更正" in page
    week = (tmp_path / "week-2025-W13-CARD-en.html").read_text("utf-8")
    assert "Cardiology" in week
    assert "03-30: 1 checks withheld or gave a warning." in week


def test_no_report_holds_an_id_of_anybody(morning: Morning, tmp_path: Path) -> None:
    done = run(morning, "report", "day", DAY, "--out", str(tmp_path), "--format", "html,csv")
    assert done.exit_code == 0, done.output
    ids = morning.warehouse.rows("select distinct visit_id as id from stage_rows where visit_id != '' limit 500")
    written = list(tmp_path.iterdir())
    assert ids and len(written) == 2
    for path in written:
        told = path.read_text("utf-8")
        assert not re.search(r"\b[0-9a-f]{32}\b", told)
        assert not any(row["id"] in told for row in ids)


def test_what_is_asked_wrongly_is_said_in_a_sentence(morning: Morning) -> None:
    for words, sentence in (
        (("report", "day", DAY, "--format", "docx"), "No format docx: there are html, pdf, xlsx, csv, parquet."),
        (("report", "day", DAY, "--lang", "fr"), "No language fr: reports are written in zh or en."),
        (("report", "week", DAY, "--dept", "XX"), "2025-W13 has nothing of a department XX, but of CARD, DERM"),
        (("report", "improvement", "consult_wait", "--action-on", "2024-01-01"), "no published days both before"),
    ):
        error = run(morning, *words).exception
        assert isinstance(error, Misconfigured) and sentence in str(error), words


@pytest.mark.browser
def test_a_chromium_prints_it(morning: Morning, tmp_path: Path) -> None:
    try:
        chromium()
    except Misconfigured as missing:
        pytest.skip(str(missing))
    done = run(morning, "report", "day", DAY, "--out", str(tmp_path), "--format", "pdf")
    assert done.exit_code == 0, done.output
    content = (tmp_path / f"day-{DAY}-zh.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b", content)) >= 2
    assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45]\S* 84[12]", content)  # A4


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    served = PostOffice()
    yield served
    served.close()


@pytest.fixture(scope="module")
def mail_room() -> Iterator[MailRoom]:
    served = MailRoom()
    yield served
    served.close()


@pytest.fixture(scope="module")
def delivering(
    morning: Morning, office: PostOffice, mail_room: MailRoom, tmp_path_factory: pytest.TempPathFactory
) -> Morning:
    """The same morning, at a site that has reports delivered everywhere."""
    folder = tmp_path_factory.mktemp("delivering")
    robots = {"wecom": "/cgi-bin/webhook/send?key=K", "dingtalk": "/robot/send?access_token=T",
              "feishu": "/open-apis/bot/v2/hook/1", "webhook": "/hook"}  # fmt: skip
    told = f'\n[deliveries.share]\nkind = "folder"\npath = "{folder / "share"}"\nreports = ["day", "week"]\n'
    told += f'departments = ["CARD"]\n[deliveries.office]\nkind = "mail"\nhost = "127.0.0.1"\nport = {mail_room.port}\n'
    told += 'security = "none"\nsender = "pulse@h.local"\nto = ["a@h.local", "b@h.local"]\nformats = ["html", "csv"]\n'
    for kind, place in robots.items():
        url, secret = folder / f"{kind}.url", folder / f"{kind}.secret"
        url.write_text(office.address(place), "utf-8")
        secret.write_text("whsec_" + "QUJD" * 8 if kind == "webhook" else SECRET, "utf-8")
        secret.chmod(0o600)
        told += f'[deliveries.{kind}]\nkind = "{kind}"\nurl_file = "{url}"\nsecret_file = "{secret}"\n'
        told += 'formats = ["xlsx"]\n' if kind == "wecom" else ""
    path = folder / "site.toml"
    path.write_text(morning.site_file.read_text("utf-8") + told, "utf-8")
    return Morning(path, load_site(str(path)), morning.warehouse)


def test_a_refused_delivery_is_kept_and_tried_again_and_the_others_are_not_sent_twice(
    delivering: Morning, office: PostOffice, mail_room: MailRoom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    office.closed |= {"dingtalk", "webhook"}
    first = run(delivering, "report", "send", DAY)
    assert first.exit_code == 1
    assert "dingtalk: day 2025-03-30: the robot refused: errcode 310000" in first.output
    assert "webhook: day 2025-03-30: HTTP 503" in first.output
    shown = run(delivering, "report", "deliveries", "--period", DAY)
    assert shown.exit_code == 1 and "HTTP 503" in shown.output

    office.closed.clear()
    second = run(delivering, "report", "send", DAY)
    assert second.exit_code == 0, second.output
    assert "office: day 2025-03-30: delivered before" in second.output
    states = {
        (row["delivery"], row["report"]): (row["attempts"], row["is_delivered"])
        for row in standing(delivering.warehouse, "H001")
    }
    assert states == {
        ("share", "day"): (1, True),
        ("share", "week"): (1, True),
        ("office", "day"): (1, True),
        ("wecom", "day"): (1, True),
        ("dingtalk", "day"): (2, True),
        ("feishu", "day"): (1, True),
        ("webhook", "day"): (2, True),
    }
    assert run(delivering, "report", "deliveries").exit_code == 0
    _looked_at(office, mail_room)
    assert "access_token" not in caplog.text + first.output + second.output  # an address is a secret


def _looked_at(office: PostOffice, mail_room: MailRoom) -> None:
    """What came to each."""
    [(recipients, mail)] = mail_room.mails
    assert recipients == ["a@h.local", "b@h.local"]
    assert mail["subject"] == "演练医院服务日报 2025年3月30日 星期日 · 工作日"
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == [f"day-{DAY}-zh.html", f"day-{DAY}-zh.csv"]
    body = mail.get_body(("plain",))
    assert body is not None and "变化超出日常波动" in body.get_content()
    assert {name: len(told) for name, told in office.said.items()} == {
        "wecom": 2, "wecom-file": 1, "dingtalk": 1, "feishu": 1, "webhook": 1,
    }  # fmt: skip
    assert b"xlsx" in office.said["wecom-file"][0]
    headers, told = office.said["webhook"][0]
    assert {name.lower() for name in headers} >= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert {figure["kpi"] for figure in told["figures"]} >= {"consult_wait", "service_volume"}


def test_a_file_that_a_group_does_not_take_is_no_message_there_each_time_it_is_tried(tmp_path: Path) -> None:
    """Its robot's upload is closed, as for a file that is too large."""
    office, url = PostOffice(), tmp_path / "url"
    url.write_text(office.address("/cgi-bin/webhook/send?key=K"), "utf-8")
    parcel = parcel_of(day_report(full_day(), "zh"), {"day.xlsx": b"PK"})
    office.closed.add("wecom-file")
    for _ in range(2):
        with pytest.raises(Undelivered, match="the robot took no file: errcode 40009"):
            tell_robot(RobotSettings(kind="wecom", url_file=str(url)), parcel)
    assert office.said == {}
    office.closed.clear()
    tell_robot(RobotSettings(kind="wecom", url_file=str(url)), parcel)
    office.close()
    assert [told["msgtype"] for _, told in office.said["wecom"]] == ["markdown", "file"]


def test_dagster_writes_them_once_the_day_has_closed(delivering: Morning, tmp_path: Path) -> None:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        defs = definitions(delivering.site)
        job = defs.resolve_job_def("send_reports")
        result = job.execute_in_process(partition_key=DAY, instance=instance, raise_on_error=False)
        assert result.success
        [done] = result.get_asset_materialization_events()
        assert {"files", "deliveries"} <= done.materialization.metadata.keys()
        newest = last_closed_day(delivering.site, load_clock())
        requested = _sensed(defs, instance, result, newest)
        assert isinstance(requested, dg.RunRequest) and requested.partition_key == newest
        assert isinstance(_sensed(defs, instance, result, DAY), dg.SkipReason)
    kept = Path(delivering.site.section("reports", dict[str, str])["folder"])
    assert {path.name for path in kept.rglob("*.html")} == {f"day-{DAY}-zh.html", "week-2025-W13-zh.html"}


def test_a_delivery_that_fails_fails_its_step_which_is_tried_again(
    delivering: Morning, office: PostOffice, tmp_path: Path
) -> None:
    url = tmp_path / "url"
    url.write_text(office.address("/open-apis/bot/v2/hook/1"), "utf-8")
    path = tmp_path / "site.toml"
    told = f'\n[deliveries.night]\nkind = "feishu"\nurl_file = "{url}"\n'
    path.write_text(delivering.site_file.read_text("utf-8") + told, "utf-8")
    office.closed.add("feishu")
    asset = definitions(load_site(str(path))).resolve_assets_def(REPORTS)
    assert asset.op.retry_policy is not None and asset.op.retry_policy.max_retries == 4
    with pytest.raises(dg.Failure) as error:
        asset(dg.build_asset_context(partition_key=DAY), hospital=Hospital(site_file=str(path)))
    office.closed.clear()
    assert "night (day 2025-03-30): the robot refused: code 310000" in str(error.value.description)


def _sensed(defs: dg.Definitions, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, day: str) -> object:
    """What the sensor does when the run that closes a day has succeeded."""
    sensor = defs.resolve_sensor_def("send_reports_of_the_day")
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name, dagster_event=result.get_run_success_event(), dagster_instance=instance,
        dagster_run=result.dagster_run, partition_key=day,
    )  # fmt: skip
    return sensor(context)


def test_a_repeat_changes_no_byte(morning: Morning) -> None:
    facts = [read_day(morning.warehouse, morning.site, DAY) for _ in range(2)]
    first, second = (contents(day_report(each, "zh"), ["html", "csv"]) for each in facts)
    assert first == second
