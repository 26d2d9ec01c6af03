"""Every test, in two lanes side by side: one mostly waits for brokers and browsers, the other mostly works.

`python -m tests.lanes [pytest's options]`. The first lane speaks as it goes, the second when it is done.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile

WAITING = ("tests/browser", "tests/integration")


def main(options: list[str]) -> int:
    """Run both lanes; 0 when both are green."""
    pytest = [sys.executable, "-m", "pytest", "--durations=10", *options]
    with tempfile.TemporaryFile("w+") as kept:
        working = subprocess.Popen(
            [*pytest, "tests", *(f"--ignore={folder}" for folder in WAITING), "-p", "no:cacheprovider"],
            stdout=kept,
            stderr=subprocess.STDOUT,
        )
        try:
            waited = subprocess.run([*pytest, *WAITING], check=False).returncode
            worked = working.wait()
        except KeyboardInterrupt:
            working.wait()
            return 130
        kept.seek(0)
        print("\nThe other lane: contract, golden, marts, scenarios, unit\n")
        print(kept.read(), flush=True)
    return waited or worked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
