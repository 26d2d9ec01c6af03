"""Timelines, as the tests tell them: the same that the reference's worked examples are told in."""

from infra.reference.timeline import DAY, ZONE, at, retold, retraction, timeline

__all__ = ["DAY", "ZONE", "at", "retold", "retraction", "timeline"]
