"""`python -m tests.serve_warehouse DIR SETTINGS`: the embedded warehouse, its settings as JSON (no secret in it)."""

import sys
from pathlib import Path

import msgspec

from warehouse.client import WarehouseSettings
from warehouse.embedded import serve

if __name__ == "__main__":
    serve(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=WarehouseSettings))
