"""A first site file for a sample, whole: hospital, feed, and what its codes and departments probably are."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ingest.clock import Clock
from ingest.errors import Malformed, Misconfigured
from ingest.folders import files_in
from ingest.interpret.batch import pieces_in
from ingest.interpret.codes import harmless
from ingest.interpret.hl7 import Message, read
from ingest.mapping.draft import table_draft
from ingest.mapping.sample import check_files
from ingest.mapping.shown import lines_for, quoted
from ingest.mapping.table import look_at
from ingest.privacy import Pseudonyms
from ingest.settings import Site

_MOST_MESSAGES = 5_000
_STARTS = (b"MSH", b"FHS", b"BHS")
_HEAD = """# 由样本生成的初稿，请逐行核对。 A first draft made from a sample: read every line, and mend it.
#   hispulse try SAMPLE --site {name}
#   hispulse map check SAMPLE --site {name}

[hospital]
facility_id = {facility}  # 机构代码 the hospital's own code
zh = "某医院"
en = "My hospital"
zone = {zone}
open_hours = ["08:00-12:00", "13:30-17:30"]
"""
_MLLP = """
# 上线时改用 MLLP。 When it goes live:
# [feeds.his]
# kind = "mllp"
# source_system = {sender}
# port = 2575
{tests}"""
_TESTS = "accept_tests = true  # 样本中有测试消息 some messages are marked as tests"


def first_site(paths: Sequence[Path], name: str, zone: str, clock: Clock, pseudonyms: Pseudonyms) -> str:
    """The text of a site file that reads this sample. Raises Misconfigured."""
    found = files_in(paths)
    if not found:
        raise Misconfigured("There is no file in the sample.")
    draft = _hl7(found, name, zone) if _is_hl7(found[0]) else _table(found, name, zone)
    site = Site(name, Path(name), tomllib.loads(draft), draft)
    _ = site.hospital, site.zone
    checked = check_files(site, paths, clock, pseudonyms)
    known = [each for each in checked.unmapped if each.field != "activity" and each.is_shown]
    more = lines_for(known, checked.feed)
    return draft + (f"\n# 样本中的科室与编码 departments and codes of the sample\n\n{more}\n" if more else "")


def _table(found: Sequence[Path], name: str, zone: str) -> str:
    table = look_at(found[0])
    head = _HEAD.format(name=name, facility='"H001"', zone=quoted(zone))
    feed = '[feeds.files]\nkind = "files"\nsource_system = "FILES"\npaths = []  # 要读的文件夹 the folders to read'
    return f"{head}\n{feed}\n\n{table_draft(table)}\n"


def _hl7(found: Sequence[Path], name: str, zone: str) -> str:
    messages = _messages(found)
    senders = Counter(f"{m.get('MSH', 3)}^{m.get('MSH', 4)}".strip("^") for m in messages)
    facilities = Counter(m.get("MSH", 4) for m in messages if harmless(m.get("MSH", 4)))
    sender = senders.most_common(1)[0][0] if senders else "HIS"
    facility = facilities.most_common(1)[0][0] if facilities else "H001"
    tests = any(m.get("MSH", 11)[:1] in ("T", "D") for m in messages)
    lines = [
        "[feeds.files]",
        'kind = "files"',
        f"source_system = {quoted(sender)}",
        *([_TESTS] if tests else []),
        "paths = []  # 要读的文件夹 the folders to read",
    ]
    more = [f"# 发送方 sender {quoted(each)}: {n}" for each, n in senders.most_common(20)]
    head = _HEAD.format(name=name, facility=quoted(facility), zone=quoted(zone))
    live = _MLLP.format(sender=quoted(sender), tests=f"# {_TESTS}" if tests else "")
    return "\n".join([head, *lines, *more, live.rstrip(), ""])


def _messages(found: Sequence[Path]) -> list[Message]:
    messages: list[Message] = []
    for path in found:
        with path.open("rb") as file:
            for body, _, is_end in pieces_in(file):
                if len(messages) >= _MOST_MESSAGES:
                    return messages
                with suppress(Malformed):
                    if not is_end:
                        messages.append(read(body, None))
    return messages


def _is_hl7(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")[:3] in _STARTS
