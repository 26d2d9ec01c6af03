"""Analysts and BI tools: a database of documented views, read-only, with limits on time, memory and small cells.

`views` says what they may read, `gate` holds them to it where the warehouse is embedded, `grants` says the same to a
ClickHouse server in its own words, `settings` has the limits.
"""
