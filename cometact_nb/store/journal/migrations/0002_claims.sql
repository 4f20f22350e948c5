-- Which process polls a task, and until when its word holds. Others follow what it records.
ALTER TABLE tasks ADD COLUMN watcher TEXT;
ALTER TABLE tasks ADD COLUMN watched_until REAL NOT NULL DEFAULT 0;
CREATE INDEX tasks_by_watcher ON tasks (watcher);
