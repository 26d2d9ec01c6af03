"""Replays a morning into Kafka at a steady pace, with a patient of its own every second, and tells when each was sent.

python -m tests.bench.pixel_load BOOTSTRAP PARTITIONS RATE SECONDS DEPT; says `ready`, and begins when told `go`.
"""

from __future__ import annotations

import json
import sys
import time

from ingest.bus import BusSettings, Producer
from ingest.publish import publish
from tests.morning import heard
from tests.timeline import at, timeline

STEPS = 50  # a second


def main() -> None:
    """Send, and print {how many wait in the department: when that one was sent, real ms}."""
    bootstrap, partitions, rate, seconds, dept = sys.argv[1:]
    producer = Producer(BusSettings(bootstrap=bootstrap, partitions=int(partitions)))
    events = iter(heard("county", at("10:42")))
    sent: dict[int, float] = {}
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read(2)
    began = time.perf_counter()
    for step in range(int(seconds) * STEPS):
        for _ in range(int(rate) // STEPS):
            if (event := next(events, None)) is not None:
                publish(producer, event, int(partitions))
        # At another moment of each second, so that no rhythm of the worker's or the board's is hit always or never.
        if step % STEPS == (step // STEPS * 7) % STEPS:
            number = len(sent) + 1
            arrival = timeline(
                f"10:30 PX{number} registration.created visit_class=outpatient dept_code={dept}\n"
                f"10:30 PX{number} patient.checked_in point=clinic dept_code={dept}"
            )
            sent[number] = time.time() * 1000
            for event in arrival:
                publish(producer, event, int(partitions))
        time.sleep(max(0.0, began + (step + 1) / STEPS - time.perf_counter()))
    producer.flush(30)
    producer.close()
    sys.stdout.write(json.dumps(sent))


if __name__ == "__main__":
    main()
