"""Fuzzes the framer and the reader: `python -m tests.fuzz 10000000` sends so many messages through, on all cores.

Says how far it is and how much memory it holds; a message that takes a minute ends it with the place where it hangs.
What it finds is found again by the seed and the batch that it prints. Exit code 1 when anything was found.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.fuzz.mutations import corpus
from tests.fuzz.target import BATCH, Wrong, batch

_HANGS_S = 60
_AT_ONCE = 20  # batches that a process makes before it reports
_GROWTH_MB = 60  # more than this after the first turn is a leak


def turn(seed: int, first: int, many: int) -> tuple[Counter[str], float, list[str]]:
    """So many batches in this process: what became of them, the memory held (MB), and what was found."""
    counts, wrong, messages = Counter[str](), list[str](), corpus()
    for number in range(first, first + many):
        faulthandler.dump_traceback_later(_HANGS_S, exit=True)
        try:
            counts += batch(messages, seed, number)
        except Wrong as found:
            wrong.append(f"seed {seed}, batch {number}, {found}")
    faulthandler.cancel_dump_traceback_later()
    return counts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, wrong


def _turns(seed: int, first: int, batches: int, processes: int) -> Iterator[tuple[Counter[str], float, list[str]]]:
    starts = range(first, first + batches, _AT_ONCE)
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(
            turn, [seed] * len(starts), starts, [min(_AT_ONCE, first + batches - start) for start in starts]
        )


def main(words: list[str]) -> int:
    """Run it, and say what was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("messages", type=int, nargs="?", default=10_000_000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--first", type=int, default=0, help="the batch to begin with")
    asked.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    told = asked.parse_args(words)
    begun, counts, held, said = time.monotonic(), Counter[str](), list[float](), 0.0
    for done, memory_mb, wrong in _turns(told.seed, told.first, -(-told.messages // BATCH), told.processes):
        counts += done
        held.append(memory_mb)
        if wrong:
            print("\n".join(f"FOUND {each}" for each in wrong))
            print(f"again with: python -m tests.fuzz 1 --seed {told.seed} --first N")
            return 1
        if time.monotonic() - said > 10:
            said = time.monotonic()
            _tell(counts, held, said - begun, told.seed)
    _tell(counts, held, time.monotonic() - begun, told.seed)
    print("\n".join(f"  {many:>10}  {what}" for what, many in counts.most_common()))
    growth = max(held) - max(held[: told.processes * 2])
    if growth > _GROWTH_MB:
        print(f"FOUND growth: {growth:.0f} MB more than after the first turns")
        return 1
    return 0


def _tell(counts: Counter[str], held: list[float], took_s: float, seed: int) -> None:
    rate = counts["messages"] / took_s
    print(f"{counts['messages']:>10} messages, {rate:.0f}/s, {held[-1]:.0f} MB held, seed {seed}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
