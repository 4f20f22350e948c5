-- Where a history comes from. Its id is renewed when its user approves in a copy; birth and maker stay.
-- A maker and an approval are codes that only their user can compute, from an id that stands in no history.
CREATE TABLE about (id TEXT NOT NULL, birth TEXT NOT NULL, maker TEXT);
INSERT INTO about (id, birth) VALUES ('', lower(hex(randomblob(16))));
UPDATE about SET id = birth;
ALTER TABLE sweeps ADD COLUMN approval TEXT;
