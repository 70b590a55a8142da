-- How many rows each gateway's log has, so that a page of a big log can tell the total without
-- reading all of it. Kept by triggers: whoever writes or deletes a row, it is the same
-- transaction, and a statement that fails leaves no trace here either.
CREATE TABLE log_count (
    account_id TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    total INTEGER NOT NULL CHECK (total > 0),
    PRIMARY KEY (account_id, incarnation)
) STRICT, WITHOUT ROWID;

INSERT INTO log_count (account_id, incarnation, total)
SELECT account_id, incarnation, count(*) FROM log GROUP BY account_id, incarnation;

CREATE TRIGGER log_inserted AFTER INSERT ON log
BEGIN
    INSERT INTO log_count (account_id, incarnation, total)
    VALUES (new.account_id, new.incarnation, 1)
    ON CONFLICT (account_id, incarnation) DO UPDATE SET total = total + 1;
END;

-- The last row takes its count along: a gateway that is gone leaves nothing.
CREATE TRIGGER log_deleted AFTER DELETE ON log
BEGIN
    DELETE FROM log_count
    WHERE account_id = old.account_id AND incarnation = old.incarnation AND total = 1;
    UPDATE log_count SET total = total - 1
    WHERE account_id = old.account_id AND incarnation = old.incarnation;
END;
