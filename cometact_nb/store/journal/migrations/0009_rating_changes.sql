-- What users thought of a task's clip: each change of a rating, by the round and the rater it belongs to, never
-- changed and never deleted. A rating is what its changes come to, in the order of their numbers. So kernels that
-- rate at once take nothing from each other. Ratings of before are the first round of a rater without a name.
CREATE TABLE rating_changes (
    number INTEGER PRIMARY KEY,
    key    TEXT NOT NULL REFERENCES tasks (key),
    round  INTEGER NOT NULL,
    rater  TEXT NOT NULL,
    at     REAL,
    change TEXT NOT NULL
);
CREATE INDEX rating_changes_by_task ON rating_changes (key);
INSERT INTO rating_changes (key, round, rater, at, change)
    SELECT key, 1, '', json_extract(rating, '$.other_at'), json_object(
        'stars', json_extract(rating, '$.other_stars'),
        'blind', json(CASE WHEN json_extract(rating, '$.blind') THEN 'false' ELSE 'true' END))
    FROM ratings WHERE json_valid(rating) AND json_extract(rating, '$.other_stars') IS NOT NULL;
INSERT INTO rating_changes (key, round, rater, at, change)
    SELECT key, 1, '', json_extract(rating, '$.at'), json_object(
        'stars', json_extract(rating, '$.stars'),
        'blind', json(CASE WHEN json_extract(rating, '$.blind') THEN 'true' ELSE 'false' END))
    FROM ratings WHERE json_valid(rating) AND json_extract(rating, '$.stars') IS NOT NULL;
INSERT INTO rating_changes (key, round, rater, at, change)
    SELECT key, 1, '', at, json_object(
        'favourite', json(CASE WHEN json_extract(rating, '$.favourite') THEN 'true' ELSE 'false' END),
        'note', coalesce(json_extract(rating, '$.note'), ''))
    FROM ratings
    WHERE json_valid(rating) AND (json_extract(rating, '$.favourite') OR json_extract(rating, '$.note') <> '');
DROP TABLE ratings;
