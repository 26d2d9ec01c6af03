"""What can go wrong between a message and its events: three failures, three responses.

An error names the segment, field, file or setting at fault, never its content.
"""


class Ignored(Exception):
    """Valid, but none of our business: acknowledge and count. The text is a reason code such as `trigger:ADT^A29`."""


class Malformed(Exception):
    """Never valid, however often it is sent: dead letter and refuse. The text is `reason: place`, never content."""


class Unavailable(Exception):
    """Not now: do not acknowledge, back off, try again (broker away, disk full)."""


class Misconfigured(Exception):
    """A setting is wrong or missing. The text is one sentence: which file, line and key, and what to write instead."""
