-- What was logged to a lab's tracker, so that a second call logs only what is new. `entry` is "VALUES CELL" or "CLIP CELL",
-- `digest` the hash of what was logged.
CREATE TABLE tracker_entries (
    run    TEXT NOT NULL,
    entry  TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (run, entry)
) WITHOUT ROWID;
