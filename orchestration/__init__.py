"""The morning after: Dagster closes each day, checks it, and publishes it only when it may be believed."""
