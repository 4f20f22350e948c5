-- What a request was expected to cost when it was bought, in millionths of a US dollar, and where that price is
-- from. Both stay as they were at the purchase, whatever prices become. Rows of before keep the price in their state.
ALTER TABLE tasks ADD COLUMN price_micro INTEGER;
ALTER TABLE tasks ADD COLUMN price_source TEXT;
ALTER TABLE tasks ADD COLUMN sandbox INTEGER NOT NULL DEFAULT 0;
-- The folder of the project that bought it.
ALTER TABLE tasks ADD COLUMN project TEXT;
UPDATE tasks SET
    price_micro = CAST(round(json_extract(state, '$.price_usd') * 1000000) AS INTEGER),
    sandbox = coalesce(
        json_extract(state, '$.sandbox'), base_url LIKE 'http:%' AND json_extract(state, '$.price_usd') = 0, 0
    );
-- What limits add up before each purchase.
CREATE INDEX tasks_by_day ON tasks (sandbox, begun_at, status, price_micro);
CREATE INDEX tasks_by_project ON tasks (project, sandbox, status, price_micro) WHERE project IS NOT NULL;
