"""Everything on one machine: a real broker, the ClickHouse engine and our processes, without Docker or root."""
