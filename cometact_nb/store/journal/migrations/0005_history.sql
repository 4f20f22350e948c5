-- What a history is searched by: when a task began, and the text it is found by. One index holds it all, so that
-- a search reads no row that it does not show.
ALTER TABLE tasks ADD COLUMN begun_at REAL;
ALTER TABLE tasks ADD COLUMN found_by TEXT;
UPDATE tasks SET
    begun_at = coalesce(submitted_at, json_extract(state, '$.created_at'), updated_at),
    found_by = substr(lower(
        coalesce(id, '') || ' ' || key
        || ' ' || substr(coalesce(json_extract(state, '$.request.character.uri'), ''), 1, 260)
        || ' ' || substr(coalesce(json_extract(state, '$.request.reference.uri'), ''), 1, 260)
        || ' ' || coalesce(json_extract(state, '$.failure_code'), '')
    ), 1, 700);
CREATE INDEX tasks_to_search ON tasks (begun_at, status, found_by);
-- Videos that were made and have not been fetched: a few of many.
CREATE INDEX tasks_to_fetch ON tasks (base_url)
    WHERE status = 'SUCCEEDED' AND json_extract(state, '$.clips[0].path') IS NULL;
