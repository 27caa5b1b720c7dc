-- By which rules the full-text index was made, and how far another one is made beside it: see DESIGN.md, "A versioned
-- index". Each index has the rows up to and with its key.
CREATE TABLE index_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    rebuilt_version INTEGER,                    -- NULL: no rebuild is under way
    entry_key INTEGER,                          -- of entry_index_new
    conversation_key INTEGER                    -- of conversation_index_new
) STRICT;

INSERT INTO index_state (id, version) VALUES (1, 1);

-- Changes of the index that a process with older rules leaves to one that has the rules of the index.
CREATE TABLE index_debt (
    number INTEGER PRIMARY KEY,
    is_entry INTEGER NOT NULL CHECK (is_entry IN (0, 1)),   -- 1: entries and queued writes; 0: conversations
    key INTEGER NOT NULL,
    is_removal INTEGER NOT NULL CHECK (is_removal IN (0, 1)),
    text TEXT,                                  -- what leaves the index: the searchable text, or the name
    description TEXT
) STRICT;

-- The words of the index in their order, each occurrence a row: a search that finds nothing looks for others nearby.
CREATE VIRTUAL TABLE entry_words USING fts5vocab (entry_index, instance);
