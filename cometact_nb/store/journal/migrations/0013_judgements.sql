-- Which of two clips a rater finds better, by the hashes of the clips' bytes, so that what two notebooks know can be put
-- together. Rows are only added: the latest row of an id counts, and an empty answer takes the judgement back.
CREATE TABLE judgements (
    number INTEGER PRIMARY KEY,
    id     TEXT NOT NULL,
    first  TEXT NOT NULL,
    second TEXT NOT NULL,
    answer TEXT NOT NULL,
    rater  TEXT NOT NULL,
    at     REAL NOT NULL,
    UNIQUE (id, answer, at)
);
CREATE INDEX judgements_by_first ON judgements (first);
