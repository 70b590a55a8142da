-- The log is kept in columns. What was kept in rows before the first release is not carried over.
DROP TABLE log;
DROP TABLE log_count;

-- Each incarnation of a gateway that has a log; its rows are numbered from 0.
CREATE TABLE log_of (
    incarnation INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    gateway_id TEXT NOT NULL,
    -- The number of the next row.
    next INTEGER NOT NULL,
    -- How many rows there are.
    total INTEGER NOT NULL,
    -- Rows below this number stand in columns, or are gone.
    sealed INTEGER NOT NULL
) STRICT;

-- The newest rows, each as a list of integers. The key is incarnation * 2^36 + number.
CREATE TABLE log_row (key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

-- Older rows by the 4096, for what a search has to know before it reads them.
-- The key is incarnation * 2^24 + number / 4096.
CREATE TABLE log_block (
    key INTEGER PRIMARY KEY,
    live INTEGER NOT NULL,
    min_at INTEGER NOT NULL,
    max_at INTEGER NOT NULL,
    min_id INTEGER NOT NULL,
    max_id INTEGER NOT NULL
) STRICT;

-- One column of a block. The key is incarnation * 2^30 + column * 2^24 + number / 4096.
CREATE TABLE log_column (key INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;

-- Texts that rows name by number.
CREATE TABLE log_word (word INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

-- Bodies of a few rows of one incarnation, compressed together.
CREATE TABLE log_body (
    body INTEGER PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX log_body_of ON log_body (incarnation);
