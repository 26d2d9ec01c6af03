"""Every test, in lanes side by side: some mostly wait for brokers and browsers, others mostly work.

`python -m tests.lanes [--fast] [pytest's options]`. The first lane speaks as it goes, the others when they are done.
`--fast`: only what needs no services.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

# The slowest of the integration tests go with the other lanes: all take about as long. A last lane has all the rest.
INTEGRATION = "tests/integration"
SECOND = tuple(
    f"{INTEGRATION}/test_{name}.py" for name in ("orchestration", "orchestration_heard", "stream", "stream_stop")
)
LAST = tuple(f"{INTEGRATION}/test_{name}.py" for name in ("privacy", "rest_fuzz", "run"))
LANES = ((INTEGRATION, *(f"--ignore={path}" for path in SECOND + LAST)), ("tests/browser", "tests/scenarios", *SECOND))
LAYERS = "tests/contract/test_layers.py"  # every file is a test of it
FAST = (("tests/unit", LAYERS), ("tests/golden", "tests/contract", f"--ignore={LAYERS}"))
NO_SERVICES = ("-m", "not services and not browser")


def lanes(*, fast: bool) -> list[list[str]]:
    """What each lane tells pytest. Tests of a folder that nobody thought of here run in the last one."""
    if fast:
        return [[*folders, *NO_SERVICES] for folders in FAST]
    told = {path for lane in LANES for path in lane if not path.startswith("--")} - {INTEGRATION}
    told |= {path for path in map(str, Path(INTEGRATION).glob("test_*.py")) if path not in LAST}
    return [*map(list, LANES), ["tests", *(f"--ignore={path}" for path in sorted(told))]]


def main(options: list[str]) -> int:
    """Run all lanes; 0 when all are green."""
    fast = "--fast" in options
    pytest = [sys.executable, "-m", "pytest", "--durations=10", *(option for option in options if option != "--fast")]
    first, *others = lanes(fast=fast)
    with ExitStack() as opened:
        beside = []
        for lane in others:
            said = opened.enter_context(tempfile.TemporaryFile("w+"))
            argv = [*pytest, *lane, "-p", "no:cacheprovider"]
            beside.append((lane, said, subprocess.Popen(argv, stdout=said, stderr=subprocess.STDOUT)))
        try:
            codes = [subprocess.run([*pytest, *first], check=False).returncode]
            codes += [running.wait() for _, _, running in beside]
        except KeyboardInterrupt:
            for _, _, running in beside:
                running.wait()
            return 130
        for names, said, _ in beside:
            said.seek(0)
            print(f"\nThe lane of {' '.join(names)}\n\n{said.read()}", flush=True)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
