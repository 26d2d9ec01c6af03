"""When the thread of a kafka-python producer sleeps and when it is woken.

It is woken for every partition that gets its first record. While many records are gathered for one flush it would find
nothing to do each time, and take the interpreter from those who gather to see that: a third of their throughput.
"""

from __future__ import annotations

from typing import Any


def let_sleep(producer: Any) -> None:
    """Until `rouse`, new records do not wake it; what it waits for itself still does."""
    producer._sender.wakeup = _nothing


def rouse(producer: Any) -> None:
    """It is woken again as its authors meant: before a flush, before it is asked for metadata, before it closes."""
    vars(producer._sender).pop("wakeup", None)


def _nothing() -> None:
    pass
