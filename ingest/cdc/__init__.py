"""Change capture: what Debezium reads from a database's own log, and what has to be so before it may."""
