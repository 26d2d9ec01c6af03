"""The stream: every viewer gets what changed since they last heard, compressed once for all, and the slow are told."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

from starlette.types import Message

from board.hub import GZIP_HEADER, Edition, Hub, squeeze
from board.stream import Stream


def hub() -> Hub:
    return Hub(lambda shot, lang: {"strip": f"{lang} {shot}", "still": "the same"})


class Viewer:
    """Takes what is sent, until it has had enough; a slow one stops taking after the first message."""

    def __init__(self, enough: int, *, slow: bool = False) -> None:
        self.enough, self.slow = enough, slow
        self.sent: list[Message] = []
        self.left = asyncio.Event()

    async def send(self, message: Message) -> None:
        if self.slow and len(self.sent) >= 2:
            await asyncio.sleep(3600)
        self.sent.append(message)
        if len(self.sent) > self.enough:
            self.left.set()

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


async def watch(shared: Hub, viewer: Viewer, since: str = "", **how: Any) -> Viewer:
    how = {"gzip": False, "pulse": lambda: {"hospital": 1}, **how}
    stream = Stream(shared, "zh", since, "viewer-1", **how)
    await stream({"type": "http"}, viewer.receive, viewer.send)
    return viewer


def changes(body: bytes) -> list[dict[str, str]]:
    events = [part.split(b"\n") for part in body.split(b"\n\n")]
    return [json.loads(lines[-1][6:]) for lines in events if b"event: change" in lines]


def test_only_what_changed_is_sent() -> None:
    first = Edition({}, {}).followed_by({"a": "1", "b": "1"}, 1)
    second = first.followed_by({"a": "2", "b": "1"}, 2)
    assert second.followed_by({"a": "2", "b": "1"}, 3) is second
    assert changes(second.since(1, "x")[0]) == [{"a": "2"}]
    assert changes(second.since(0, "x")[0]) == [{"a": "2", "b": "1"}]
    assert second.since(2, "x") == (b"", b"")


def test_one_compressed_message_serves_viewers_whenever_they_came() -> None:
    one, two = squeeze(b"event: change\n\n"), squeeze(b"event: pulse\n\n")
    early, late = zlib.decompressobj(31), zlib.decompressobj(31)
    assert early.decompress(GZIP_HEADER + one + two) == b"event: change\n\nevent: pulse\n\n"
    assert late.decompress(GZIP_HEADER + two) == b"event: pulse\n\n"


def test_a_viewer_who_comes_back_is_told_what_was_missed_in_one_message() -> None:
    async def story() -> None:
        shared = hub()
        shared.attach(asyncio.get_running_loop())
        shared.publish("8 wait")
        seen = f"{shared.boot}.{shared.page('zh').newest}"
        shared.publish("9 wait")
        shared.page("zh")
        shared.publish("10 wait")
        back = await watch(shared, Viewer(enough=2), since=seen)
        assert changes(back.body) == [{"strip": "zh 10 wait"}]
        stranger = await watch(shared, Viewer(enough=2), since="another-board.7")
        assert changes(stranger.body) == [{"strip": "zh 10 wait", "still": "the same"}]

    asyncio.run(story())


def test_what_is_compressed_is_what_was_said() -> None:
    async def story() -> None:
        shared = hub()
        shared.publish("8 wait")
        viewer = await watch(shared, Viewer(enough=2), gzip=True)
        assert (b"content-encoding", b"gzip") in viewer.sent[0]["headers"]
        assert changes(zlib.decompressobj(31).decompress(viewer.body)) == [{"strip": "zh 8 wait", "still": "the same"}]

    asyncio.run(story())


def test_a_viewer_who_cannot_keep_up_is_dropped_and_told() -> None:
    async def story() -> None:
        shared = hub()
        shared.publish("8 wait")
        await watch(shared, Viewer(enough=99, slow=True), too_slow_s=0.01)
        assert shared.viewers == 0
        back = await watch(shared, Viewer(enough=2))
        assert b'event: told\ndata: {"what":"too_slow"}' in back.body
        again = await watch(shared, Viewer(enough=2))
        assert b"too_slow" not in again.body

    asyncio.run(story())


def test_a_full_house_is_said() -> None:
    async def story() -> None:
        shared = Hub(lambda shot, lang: {}, max_viewers=0)
        viewer = await watch(shared, Viewer(enough=0))
        assert viewer.sent[0]["status"] == 503

    asyncio.run(story())


def test_a_board_that_closes_says_so() -> None:
    async def story() -> None:
        shared = hub()
        shared.publish("8 wait")
        shared.closing = True
        viewer = await watch(shared, Viewer(enough=99))
        assert b'{"what":"closing"}' in viewer.body
        assert viewer.sent[-1]["more_body"] is False

    asyncio.run(story())


def test_who_may_no_longer_look_is_told_and_hears_no_more() -> None:
    async def story() -> Viewer:
        shared, welcome = hub(), [True]
        shared.attach(asyncio.get_running_loop())
        shared.publish("ten past")
        viewer = Viewer(enough=99)
        watching = asyncio.create_task(watch(shared, viewer, welcome=lambda: welcome[0]))
        while "ten past" not in viewer.body.decode():
            await asyncio.sleep(0)
        welcome[0] = False
        shared.publish("a quarter past")
        return await watching

    said = asyncio.run(story()).body.decode()
    assert '"what":"out"' in said
    assert "a quarter past" not in said
