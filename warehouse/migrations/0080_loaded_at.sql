-- When a telling came into the warehouse, which may be long after its message came to the feed: a loader that was away,
-- a message that a mended mapping reads again. What a publication did not know yet is told by this, not by ingested_at.
alter table events add column if not exists loaded_at DateTime64(3, 'UTC') default ingested_at;

alter table events materialize column loaded_at settings mutations_sync = 2;

alter table events modify column loaded_at DateTime64(3, 'UTC') default now64(3, 'UTC');
