-- Which video a task asks for: its request with the files in it instead of the links to them, which are signed
-- anew each day. request_identity() is Python's. content_hash, of the body as it was sent, stays beside it.
ALTER TABLE tasks ADD COLUMN identity TEXT;
UPDATE tasks SET identity = coalesce(request_identity(state), content_hash) WHERE content_hash IS NOT NULL;
DROP INDEX tasks_by_content;
CREATE INDEX tasks_by_identity ON tasks (identity);

-- Cells are found by it, too. Of two that were bought for one video under two links the more useful one stays.
CREATE TABLE cells_by_identity (
    base_url  TEXT NOT NULL,
    identity  TEXT NOT NULL,
    replicate INTEGER NOT NULL,
    key       TEXT NOT NULL REFERENCES tasks (key),
    PRIMARY KEY (base_url, identity, replicate)
) WITHOUT ROWID;
INSERT OR IGNORE INTO cells_by_identity (base_url, identity, replicate, key)
    SELECT cells.base_url, coalesce(tasks.identity, cells.content_hash), cells.replicate, cells.key
    FROM cells JOIN tasks ON tasks.key = cells.key
    ORDER BY
        CASE
            WHEN tasks.status = 'SUCCEEDED' THEN 0
            WHEN tasks.status IN ('UNCONFIRMED', 'NOT_FOUND') THEN 2
            WHEN tasks.status IN ('FAILED', 'CANCELLED', 'FORGOTTEN', 'REFUSED') THEN 3
            ELSE 1
        END,
        tasks.submitted_at;
DROP TABLE cells;
ALTER TABLE cells_by_identity RENAME TO cells;
CREATE INDEX cells_by_task ON cells (key);
