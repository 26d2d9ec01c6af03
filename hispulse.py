"""HIS Pulse's front door: one command that mounts every stage's commands.

`hispulse --help` lists them; each teaches itself with `--help`.
"""

from __future__ import annotations

import errno
import importlib
import sys

import typer

from ingest.errors import Malformed, Misconfigured, Unavailable

app = typer.Typer(
    name="hispulse",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Live operations platform for hospitals: connects to a HIS, computes waits while patients still wait, "
    "keeps checked marts, and shows numbers that can be trusted.",
    epilog="Start with: hispulse demo (a rehearsal hospital, whole) · hispulse try FILE --site SITE (your own data, "
    "nothing connected) · hispulse doctor and hispulse up (your hospital). "
    "Exit codes: 0 well, 1 what was asked is not so, 2 it cannot work and one sentence says why.",
)

# Where a reader begins, then in the order data flows; each module has `mount(app)`.
_ROOMS = (
    "infra.local.commands",
    "ingest.commands",
    "streams.commands",
    "warehouse.commands",
    "orchestration.commands",
    "board.commands",
    "infra.rehearsal.commands",
    "infra.reference.commands",
)

# What the machine refuses and the reader can mend: rights, room, a file where a directory should be.
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR)

for _room in _ROOMS:
    importlib.import_module(_room).mount(app)


def main() -> None:
    """Run the command line; what a user can mend is one sentence and exit 2, never a traceback."""
    try:
        app()
    except (Misconfigured, Unavailable, Malformed) as error:
        sys.stderr.write(f"hispulse: {error}\n")
        sys.exit(2)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"hispulse: the Python package {error.name} is not installed here: make setup\n")
        sys.exit(2)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        sys.stderr.write(
            f"hispulse: {error.filename or 'The disk'}: {error.strerror}. "
            "Everything that is stored lies under HISPULSE_HOME: set it to a place that you own and that has room.\n"
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
