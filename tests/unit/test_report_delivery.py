"""How reports go out: which are due, what robots are told, and how each wants it signed."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from ingest.errors import Misconfigured
from ingest.settings import load_site
from orchestration.reports.day import day_report
from orchestration.reports.delivery import robots
from orchestration.reports.delivery.http import tell_robot
from orchestration.reports.delivery.parcel import Parcel, Undelivered, markdown_of, parcel_of, text_of
from orchestration.reports.delivery.settings import (
    DeliverySettings,
    MailSettings,
    RobotSettings,
    address_in,
    deliveries,
)
from orchestration.reports.due import Due, asked_for, due_of
from tests.unit.report_facts import full_day

AT_MS = 1_700_000_000_123
DINGTALK = "LtwRhnP04fXYO09uCgUpnz/3dV0OxcApXKnTCuuaVBQ="
FEISHU = "s3Va4ru9IQUY6HTJcYx7OEVyXl0V0S/y32v4ZbfOHCI="


@pytest.fixture(scope="module")
def parcel() -> Parcel:
    return parcel_of(day_report(full_day(), "zh"), {"day.html": b"<p>"})


def test_a_friday_has_its_day_a_sunday_its_week_and_the_last_of_a_month_its_month() -> None:
    assert due_of("2026-11-20") == [Due("day", "2026-11-20")]
    assert due_of("2026-11-22") == [Due("day", "2026-11-22"), Due("week", "2026-W47")]
    assert due_of("2026-11-30") == [Due("day", "2026-11-30"), Due("month", "2026-11")]


def test_departments_get_their_weeks_and_nobody_elses() -> None:
    settings = DeliverySettings(kind="folder", reports=("day", "week"), departments=("ORTH", "CARD"))
    assert list(asked_for(settings, "2026-11-22")) == [
        Due("day", "2026-11-22"),
        Due("week", "2026-W47", "ORTH"),
        Due("week", "2026-W47", "CARD"),
    ]


def test_a_message_opens_as_the_report_does(parcel: Parcel) -> None:
    lines = markdown_of(parcel, 4000).splitlines()
    assert lines[:3] == ["### 演练医院服务日报", "2026年11月20日 星期五 · 工作日", "> 1 项核验有警示，见“可信度”。"]
    assert lines[4:6] == ["**未达目标**", "- 急诊4小时达标率 92%，目标 ≥ 95%（n=50）"]
    assert "未达目标\n  · 急诊4小时" in text_of(parcel)


def test_a_long_message_is_cut_between_lines_and_by_bytes(parcel: Parcel) -> None:
    cut = markdown_of(parcel, 300)
    assert len(cut.encode()) <= 300
    assert cut.endswith("\n…")
    assert all(line in markdown_of(parcel, 9999).splitlines() for line in cut.splitlines()[:-1])


def test_dingtalk_is_signed_in_the_address(parcel: Parcel) -> None:
    """With openssl: printf '1700000000123\\nSEC1' | openssl dgst -sha256 -hmac SEC1 -binary | base64."""
    message = robots.dingtalk("https://robot.local/send?access_token=T", "SEC1", AT_MS, parcel)
    asked = parse_qs(urlsplit(message.url).query)
    assert asked == {"access_token": ["T"], "timestamp": [str(AT_MS)], "sign": [DINGTALK]}
    assert json.loads(message.body)["msgtype"] == "markdown"


def test_feishu_is_signed_in_the_message_in_seconds(parcel: Parcel) -> None:
    """With openssl: printf '' | openssl dgst -sha256 -hmac $'1700000000\\nSEC1' -binary | base64."""
    told = json.loads(robots.feishu("https://robot.local/hook", "SEC1", AT_MS, parcel).body)
    assert (told["timestamp"], told["sign"], told["msg_type"]) == ("1700000000", FEISHU, "interactive")
    assert told["card"]["header"]["title"]["content"] == parcel.title


def test_without_a_secret_nothing_is_signed(parcel: Parcel) -> None:
    assert robots.dingtalk("https://robot.local/send", "", AT_MS, parcel).url == "https://robot.local/send"
    assert "sign" not in json.loads(robots.feishu("https://robot.local/hook", "", AT_MS, parcel).body)


def test_wecom_takes_files_beside_where_it_takes_messages(parcel: Parcel) -> None:
    url = "https://robot.local/cgi-bin/webhook/send?key=K"
    assert robots.wecom_upload(url) == "https://robot.local/cgi-bin/webhook/upload_media?key=K&type=file"
    assert len(json.loads(robots.wecom(url, parcel).body)["markdown"]["content"].encode()) <= 4096


def site(tmp_path: Path, more: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text('[hospital]\nfacility_id = "H"\nzh = "院"\nen = "H"\n' + more, "utf-8")
    return path


def test_a_site_names_its_deliveries(tmp_path: Path) -> None:
    told = '[deliveries.office]\nkind = "mail"\nhost = "mail.local"\nsender = "a@h"\nto = ["b@h"]\nreports = ["week"]\n'
    [(name, settings)] = deliveries(load_site(str(site(tmp_path, told)))).items()
    assert isinstance(settings, MailSettings)
    assert (name, settings.to, settings.security, settings.reports) == ("office", ("b@h",), "starttls", ("week",))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('kind = "pigeon"', "[deliveries.x] kind"),
        ('kind = "folder"', "[deliveries.x] path: this setting is missing"),
        ('kind = "folder"\npath = "/x"\nsecret = "s"', "[deliveries.x] secret: no such setting"),
    ],
)
def test_what_is_wrong_with_a_delivery_is_said_with_its_place(tmp_path: Path, told: str, said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        deliveries(load_site(str(site(tmp_path, f"[deliveries.x]\n{told}\n"))))
    assert said in str(error.value)


def test_an_address_is_read_from_its_file_and_never_told(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("robot.local/hook?key=SECRET\n", "utf-8")
    with pytest.raises(Misconfigured) as error:
        address_in(str(path))
    assert "SECRET" not in str(error.value) and str(path) in str(error.value)
    path.write_text("https://robot.local/hook?key=SECRET\n", "utf-8")
    assert address_in(str(path)) == "https://robot.local/hook?key=SECRET"


@pytest.mark.parametrize(
    ("address", "proxy", "failure", "said"),
    [
        ("https://robot.local:port/hook?key=SECRET", "", Undelivered, "InvalidURL"),
        ("https://robot.local/hook\nkey=SECRET", "", Undelivered, "InvalidURL"),
        ("https://robot.local/hook", "socket://me:SECRET@proxy", Misconfigured, "proxy is no address"),
    ],
)
def test_an_address_that_is_none_is_a_delivery_that_failed_and_stays_untold(
    tmp_path: Path, parcel: Parcel, address: str, proxy: str, failure: type[Exception], said: str
) -> None:
    path = tmp_path / "url"
    path.write_text(address, "utf-8")
    with pytest.raises(failure, match=said) as error:
        tell_robot(RobotSettings(kind="feishu", url_file=str(path), proxy=proxy), parcel)
    assert "SECRET" not in str(error.value)


def test_what_is_delivered_names_no_patient(parcel: Parcel) -> None:
    assert {field.name for field in msgspec.structs.fields(type(parcel.rows[0]))}.isdisjoint(
        {"visit_id", "patient_id", "scope_id", "ticket_id"}
    )
