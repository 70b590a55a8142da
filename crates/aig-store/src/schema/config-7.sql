-- When a token is good: from a moment, up to a moment; NULL where nothing was said.
ALTER TABLE token ADD COLUMN not_before INTEGER;
ALTER TABLE token ADD COLUMN expires_on INTEGER;
ALTER TABLE token ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE token ADD COLUMN modified_at INTEGER NOT NULL DEFAULT 0;
UPDATE token SET modified_at = created_at;

-- The value that a token had before it was rolled, and until when it is good beside the new one.
ALTER TABLE token ADD COLUMN former_digest BLOB CHECK (length(former_digest) = 32);
ALTER TABLE token ADD COLUMN former_until INTEGER;
