"""A webhook is told of incidents by a courier of its own: signed, again and again, and never in anybody's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from ingest.errors import Misconfigured
from ingest.settings import load_site
from ingest.web.senders import Senders
from streams.alerts.courier import Courier, courier
from streams.alerts.incident import Acknowledgement, Delivery, Incident
from streams.alerts.notice import Facility, due
from streams.alerts.says import names
from streams.alerts.settings import WebhookSettings
from tests.timeline import at
from tests.webhook import Receiver, secret_file

SITE = load_site("demo")
FACILITY = Facility("H001", "演练医院", "Rehearsal Hospital", is_rehearsal=True)
INCIDENT = Incident(
    id="3fa92c01", rule="consult_wait", kpi="consult_wait", where=(("dept", "CARD"),), state="open", since=at("10:00"),
    opened_at=at("10:05"), seen_at=at("10:06"), value=42.0, limit=30.0, statistic="p50", who=("nurse office",),
)  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def running(folder: Path, receiver: Receiver, stop: threading.Event, lasting_s: float = 60.0) -> Courier:
    settings = WebhookSettings(
        url=receiver.url, secret_file=str(secret_file(folder)), retry_s=0.01, give_up_after_s=lasting_s
    )
    made = courier(SITE, settings)
    assert made is not None
    made.run(stop)
    return made


def offer(to: Courier, incident: Incident = INCIDENT, taken: Acknowledgement | None = None) -> None:
    to.offer(due(incident, taken, None, 0, FACILITY, names(SITE)), None)


def last(said: list[Delivery], holds: Callable[[Delivery], bool], post: Courier) -> Delivery:
    deadline = time.monotonic() + 60
    while not (said and holds(said[-1])):
        assert time.monotonic() < deadline, said
        said += post.said()
        time.sleep(0.01)
    return said[-1]


def test_a_notice_is_signed_as_our_own_way_in_would_have_it(
    tmp_path: Path, receiver: Receiver, stop: threading.Event
) -> None:
    post = running(tmp_path, receiver, stop)
    offer(post)
    assert last([], lambda each: each.told == ("opened",), post).failing == ""
    ((headers, body),) = receiver.taken
    senders = Senders((), (str(secret_file(tmp_path)),), "test")
    assert senders.who(headers) is None
    assert senders.signed_by(headers, body) == "secret 1"
    told = msgspec.json.decode(body)
    assert (told["type"], headers["webhook-id"]) == ("incident.opened", "3fa92c01.opened")
    assert told["data"]["title"] == {"zh": "心内科 候诊时间", "en": "Cardiology: Consultation wait"}
    assert told["data"]["figures"]["zh"] == "中位(含仍在等候者) 42 分,应 ≤ 30 分"
    assert (told["data"]["to"], told["data"]["rehearsal"]) == (["nurse office"], True)


def test_who_refuses_is_asked_again_with_the_same_id_until_it_takes(
    tmp_path: Path, receiver: Receiver, stop: threading.Event
) -> None:
    receiver.refuse(3)
    post = running(tmp_path, receiver, stop)
    offer(post)
    offer(post)  # offered anew at every look; delivered once
    said: list[Delivery] = []
    assert last(said, lambda each: each.told == ("opened",), post).attempts == 0
    assert [each.failing for each in said[:3]] == ["HTTP 503"] * 3, "a failure is seen while it lasts"
    assert len({headers["webhook-id"] for headers, _ in receiver.asked}) == 1
    assert len(receiver.taken) == 1


def test_whoever_is_not_there_is_given_up_and_nobody_waited(
    tmp_path: Path, receiver: Receiver, stop: threading.Event
) -> None:
    receiver.close()
    post = running(tmp_path, receiver, stop, lasting_s=0.0)
    offer(post)
    ended = last([], lambda each: each.given_up == ("opened",), post)
    assert (ended.failing, ended.told) == ("ConnectError", ())


def test_what_happened_is_told_in_its_order_and_only_once() -> None:
    taken = Acknowledgement(incident=INCIDENT.id, by="duty manager", at=at("10:20"), note="a note stays inside")
    over = msgspec.structs.replace(
        INCIDENT, state="closed", escalated_at=at("10:15"), escalates_to=("duty",), closed_at=at("11:00")
    )
    told = due(over, taken, Delivery(incident=INCIDENT.id, told=("opened",)), 0, FACILITY, names(SITE))
    assert [each.what for each in told] == ["escalated", "acknowledged", "closed"]
    assert all(b"stays inside" not in each.body for each in told)
    assert msgspec.json.decode(told[0].body)["data"]["to"] == ["duty"]
    assert due(over, taken, None, at("12:00"), FACILITY, names(SITE)) == [], "what is long past is no news"
    late = due(over, taken, Delivery(incident=INCIDENT.id, told=("opened",)), at("12:00"), FACILITY, names(SITE))
    assert [each.what for each in late][-1] == "closed", "but who was told of the beginning is told of the end"


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [
        ("oncall.local/hooks", "", "write it whole"),
        ("https://oncall.local:https/hooks", "", "write it whole"),
        ("https://oncall.local/hooks", "", "secret_file"),
        ("https://oncall.local/hooks", "/nowhere/secret", "unreadable"),
    ],
)
def test_what_cannot_work_is_one_sentence(url: str, secret: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        courier(SITE, WebhookSettings(url=url, secret_file=secret))


def test_a_secret_that_others_may_read_is_none(tmp_path: Path) -> None:
    path = secret_file(tmp_path)
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        courier(SITE, WebhookSettings(url="https://oncall.local/hooks", secret_file=str(path)))
