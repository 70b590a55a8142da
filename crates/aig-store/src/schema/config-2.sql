-- The digest of a constant under the pepper that the tokens are made with: it tells another
-- pepper from the right one, and tells nothing of either.
CREATE TABLE pepper (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
