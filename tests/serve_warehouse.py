"""`python -m tests.serve_warehouse DIR SETTINGS`: the embedded warehouse, its settings as JSON (no secret in it)."""

import signal
import sys
import threading
from pathlib import Path

import msgspec

from ingest.errors import Misconfigured
from warehouse.analysts.settings import AnalystSettings
from warehouse.client import WarehouseSettings
from warehouse.embedded import serve

if __name__ == "__main__":
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        analysts = AnalystSettings(password_file=str(Path(sys.argv[1]).parent / "analyst-password"))
        serve(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=WarehouseSettings), analysts, stop)
    except Misconfigured as error:
        sys.exit(str(error))
