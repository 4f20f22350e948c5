-- A sweep is kept as what was asked for; its cells follow from that.
CREATE TABLE sweeps (
    name       TEXT NOT NULL,
    base_url   TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    spec       TEXT NOT NULL,
    terms      TEXT NOT NULL,
    PRIMARY KEY (name, base_url)
);

-- Which task was bought for a request and replicate. The row is taken before the request is sent: of two
-- processes that want the same cell one gets it.
CREATE TABLE cells (
    base_url     TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    replicate    INTEGER NOT NULL,
    key          TEXT NOT NULL REFERENCES tasks (key),
    PRIMARY KEY (base_url, content_hash, replicate)
) WITHOUT ROWID;
CREATE INDEX cells_by_task ON cells (key);

-- For which sweep a task was bought: what a sweep's budget counts.
ALTER TABLE tasks ADD COLUMN sweep TEXT;
CREATE INDEX tasks_by_sweep ON tasks (sweep) WHERE sweep IS NOT NULL;

-- What the user thinks of a task's clip.
CREATE TABLE ratings (
    key    TEXT PRIMARY KEY REFERENCES tasks (key),
    at     REAL NOT NULL,
    rating TEXT NOT NULL
);
