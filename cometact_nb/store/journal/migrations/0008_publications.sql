-- The files of this machine that were made public: where, until when, and whether they were taken back. A row is
-- written before its file leaves the machine, so that a kernel killed meanwhile leaves nothing public unknown.
CREATE TABLE publications (
    name       TEXT NOT NULL,
    place      TEXT NOT NULL,
    updated_at REAL NOT NULL,
    facts      TEXT NOT NULL,
    PRIMARY KEY (name, place)
) WITHOUT ROWID;
