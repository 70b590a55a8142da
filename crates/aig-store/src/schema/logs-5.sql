-- Places in blocks of bodies that are those of more than one row: how many rows there are beyond the
-- first. They count in the block's `rows`, too.
CREATE TABLE log_shared (
    body INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    PRIMARY KEY (body, at)
) STRICT, WITHOUT ROWID;

-- The number of a block that is gone may be given to another.
CREATE TRIGGER log_body_deleted AFTER DELETE ON log_body
BEGIN
    DELETE FROM log_shared WHERE body = old.body;
END;
