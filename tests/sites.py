"""Sites as tests want them: the demo's file with more in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ingest.settings import Site, load_site


def demo_site(more: str) -> Site:
    """The demo hospital with further sections."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demo.toml"
        path.write_text(f"{Path('infra/sites/demo.toml').read_text('utf-8')}\n{more}\n", "utf-8")
        return load_site(str(path))
