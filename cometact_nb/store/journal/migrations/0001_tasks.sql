-- One row a task: its present state, replayable from its events.
CREATE TABLE tasks (
    key          TEXT PRIMARY KEY,
    id           TEXT,
    base_url     TEXT NOT NULL,
    status       TEXT NOT NULL,
    content_hash TEXT,
    submitted_at REAL,
    updated_at   REAL NOT NULL,
    owner        TEXT NOT NULL,
    state        TEXT NOT NULL
);
CREATE INDEX tasks_by_id ON tasks (id);
CREATE INDEX tasks_by_status ON tasks (status);
CREATE INDEX tasks_by_time ON tasks (submitted_at);
CREATE INDEX tasks_by_content ON tasks (content_hash);

-- Everything that happened, in order. Rows are only ever added.
CREATE TABLE events (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    key   TEXT NOT NULL REFERENCES tasks (key),
    at    REAL NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX events_by_task ON events (key, seq);
