-- Providers of an account's own. What their headers hold stands here like a stored key: under a data
-- key, and that wrapped by the key-encryption key.
CREATE TABLE custom_provider (
    account_id TEXT NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
    custom_provider_id TEXT NOT NULL PRIMARY KEY CHECK (length(custom_provider_id) = 36),
    slug TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    base_url TEXT NOT NULL,
    beta INTEGER NOT NULL,
    enable INTEGER NOT NULL,
    description TEXT,
    link TEXT,
    curl_example TEXT,
    js_example TEXT,
    position INTEGER,
    -- A JSON array, in the order in which they were said.
    header_names TEXT NOT NULL,
    -- The version of the provider with which its headers came; they are sealed under it. NULL when it
    -- has none.
    headers_version INTEGER,
    wrapped BLOB,
    sealed BLOB,
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (account_id, slug),
    CHECK ((headers_version IS NULL) = (wrapped IS NULL)),
    CHECK ((wrapped IS NULL) = (sealed IS NULL))
) STRICT;

-- What models of these providers cost. Amounts are decimal texts: nothing is rounded here.
CREATE TABLE custom_cost (
    account_id TEXT NOT NULL REFERENCES account (account_id) ON DELETE CASCADE,
    custom_cost_id TEXT NOT NULL PRIMARY KEY CHECK (length(custom_cost_id) = 36),
    custom_provider_id TEXT NOT NULL
        REFERENCES custom_provider (custom_provider_id) ON DELETE CASCADE,
    model TEXT NOT NULL CHECK (model <> ''),
    model_rule TEXT NOT NULL,
    cost_in TEXT,
    cost_out TEXT,
    -- A JSON object of decimal texts.
    token_pricing TEXT NOT NULL,
    enable INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (custom_provider_id, model_rule, model)
) STRICT;

CREATE INDEX custom_cost_by_account ON custom_cost (account_id);
