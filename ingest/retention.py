"""How long topics keep what they hold: what the site file says now, not what it said when they were made.

Where we may not change topics, whoever may is told so in the log, and all else goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from ingest.topics import Topic

_KEPT = "retention.ms"

log = structlog.get_logger()


def keep_as_said(admin: Any, topics: Iterable[Topic]) -> list[str]:
    """Change the retention of those of these topics that keep longer or shorter than they should; their names."""
    said = {topic.name: topic.configs[_KEPT] for topic in topics if _KEPT in topic.configs}
    if not said:
        return []
    try:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, [_KEPT]) for name in said]
        kept = admin.describe_configs(asked, config_filter="all").get("topic", {})
        other = [name for name, ms in said.items() if kept.get(name, {}).get(_KEPT, {}).get("value") not in (None, ms)]
        if other:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, n, {_KEPT: said[n]}) for n in other])
            log.info("retention changed", topics=sorted(other))
    except KafkaError as error:
        log.warning("retention of topics is not ours to change", reason=type(error).__name__)
        return []
    return sorted(other)
