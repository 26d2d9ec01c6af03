"""What `hispulse status` says: each process, whether it lives, and how often it had to be started again."""

from __future__ import annotations

from datetime import datetime

import psutil

from infra.local.keeper import Fall, watch_over
from infra.local.stack import Stack


def state_of(stack: Stack) -> tuple[list[str], bool]:
    """Lines to print, and whether all is well."""
    alive = stack.supervisor.remembered()
    if not alive:
        return [f"Nothing runs from {stack.home}. Start with: hispulse up"], False
    watch = watch_over(stack.home)
    fallen = watch.falls
    lines = []
    for known in alive:
        again = f"  started again {_at(stack, fallen[known.name].again_at)}" if known.name in fallen else ""
        lines.append(f"running  {known.name:<12} pid {known.pid:<8} log {stack.supervisor.log(known.name)}{again}")
    down = [fall for name, fall in fallen.items() if name not in {known.name for known in alive}]
    lines += [_down(stack, fall) for fall in down]
    is_kept = psutil.pid_exists(watch.pid)
    if not is_kept:
        lines.append("What ends by itself is not started again: the keeper is gone. Mend: hispulse down; hispulse up")
    return lines, not down and is_kept


def _down(stack: Stack, fall: Fall) -> str:
    times = "once" if fall.times == 1 else f"{fall.times} times in a row"
    return (
        f"DOWN     {fall.name:<12} ended by itself {times}, tried again {_at(stack, fall.again_at)}; "
        f"log {stack.supervisor.log(fall.name)}; {fall.why}"
    )


def _at(stack: Stack, real_ms: int) -> str:
    return f"at {datetime.fromtimestamp(real_ms / 1000, stack.site.zone):%H:%M:%S}"
