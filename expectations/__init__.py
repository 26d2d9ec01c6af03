"""Whether a day may be believed: suites over events, journeys and KPI rows, run by Great Expectations."""
