-- The newest tasks of a long history, without sorting all of it.
CREATE INDEX tasks_by_update ON tasks (updated_at);
