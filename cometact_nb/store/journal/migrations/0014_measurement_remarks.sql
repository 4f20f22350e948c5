-- A sentence about a value, such as the reason why the pictures do not tell; empty for none.
ALTER TABLE measurements ADD COLUMN remark TEXT NOT NULL DEFAULT '';
