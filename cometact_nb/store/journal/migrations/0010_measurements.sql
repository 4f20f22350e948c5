-- What was measured of clips, by the hash of their bytes, so that a clip is decoded once for each measure. NULL: the
-- pictures do not tell. `version` names what measured; another version measures anew.
CREATE TABLE measurements (
    sha256  TEXT NOT NULL,
    measure TEXT NOT NULL,
    version TEXT NOT NULL,
    value   REAL,
    PRIMARY KEY (sha256, measure, version)
) WITHOUT ROWID;
