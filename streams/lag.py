"""The lag of a feed in 1 % logarithmic buckets: the only approximate number that is published, and labelled so."""

import math

_LOG = math.log(1.01)


def lag_bucket(lag_ms: int) -> int:
    """The 1 % logarithmic bucket of a lag: 0 for none, else 1 + floor(log(ms) / log(1.01))."""
    return 0 if lag_ms <= 0 else 1 + int(math.log(lag_ms) / _LOG)


def bucket_ms(bucket: int) -> float:
    """The lag that a bucket stands for: its upper end."""
    return 0.0 if bucket <= 0 else math.exp(bucket * _LOG)


def bucket_percentile(buckets: dict[int, int], percent: int) -> float:
    """The upper end of the first bucket that holds so many, in seconds."""
    wanted, seen = sum(buckets.values()) * percent / 100, 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted:
            return round(bucket_ms(bucket) / 1000, 6)
    return 0.0
