-- One conversation: mirrored from the server, or started here and not there yet.
CREATE TABLE conversation (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,                    -- local id, never changes
    remote_id TEXT UNIQUE,                      -- NULL until the server has given one
    raw TEXT,                                   -- the server's object as it came; NULL until seen
    name TEXT,
    description TEXT,
    model TEXT,
    agent_id TEXT,
    created_at TEXT NOT NULL,                   -- RFC 3339, as the server gave it
    updated_at TEXT NOT NULL,
    activity INTEGER NOT NULL,                  -- newest activity, microseconds since 1970
    history_version TEXT,                       -- the updated_at that the stored entries vouch for
    history_due INTEGER,                        -- the history may still grow unannounced: look again then
    history_looks INTEGER NOT NULL DEFAULT 0,   -- and so often it was looked at again
    listed_page INTEGER,                        -- the page of the list that last had it
    deleted_remotely_at TEXT,
    local_only INTEGER NOT NULL DEFAULT 0 CHECK (local_only IN (0, 1)), -- store: false
    hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)), -- deleted here: no pull brings it back
    -- what becomes of an append when another writer was faster; NULL: as configured
    conflict_policy TEXT CHECK (conflict_policy IN ('append', 'branch', 'hold')),
    parent INTEGER REFERENCES conversation (key) ON DELETE SET NULL,
    parent_entry_id TEXT,
    parent_inferred INTEGER NOT NULL DEFAULT 0 CHECK (parent_inferred IN (0, 1))
) STRICT;

CREATE INDEX conversation_by_activity ON conversation (activity DESC);
CREATE INDEX conversation_by_parent ON conversation (parent) WHERE parent IS NOT NULL;
-- What a pull has still to fetch: a first sync that was killed goes on from here.
CREATE INDEX conversation_stale ON conversation (activity DESC)
    WHERE remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0
        AND history_version IS NOT updated_at;
CREATE INDEX conversation_unsettled ON conversation (history_due) WHERE history_due IS NOT NULL;

CREATE INDEX conversation_by_page ON conversation (listed_page);

-- A page of the list that has been taken in: when the server sends the very same again, there is nothing to do. What
-- is held of each of its conversations is what it says of them, or its row is not here.
CREATE TABLE listed_page (
    page INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,                      -- asked for
    count INTEGER NOT NULL,                     -- that it had
    digest_point INTEGER NOT NULL,
    digest_value INTEGER NOT NULL
) STRICT;

CREATE TRIGGER listed_page_outdated
AFTER UPDATE OF remote_id, raw, deleted_remotely_at, local_only, hidden, listed_page ON conversation
WHEN OLD.listed_page IS NOT NULL
BEGIN
    DELETE FROM listed_page WHERE page = OLD.listed_page;
END;

CREATE TRIGGER listed_page_gone AFTER DELETE ON conversation WHEN OLD.listed_page IS NOT NULL
BEGIN
    DELETE FROM listed_page WHERE page = OLD.listed_page;
END;

-- One entry. Its id is unique within its conversation only: a restart may copy entries under the same ids.
CREATE TABLE entry (
    key INTEGER PRIMARY KEY,                    -- the minute in which it was made, or a free number soon after
    conversation INTEGER NOT NULL REFERENCES conversation (key) ON DELETE CASCADE,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    role TEXT,
    created INTEGER,                            -- microseconds since 1970
    completed_at TEXT,                          -- kept from the response: the history says null
    raw ANY NOT NULL,                           -- the server's object as it came: text, or a blob, compressed
    dropped_at TEXT,                            -- the server no longer lists it; we keep it
    local_only INTEGER NOT NULL DEFAULT 0 CHECK (local_only IN (0, 1)),
    UNIQUE (id, conversation)
) STRICT;

CREATE INDEX entry_by_position ON entry (conversation, position);

-- A write accepted here and its way to the server. The states are drawn in DESIGN.md.
CREATE TABLE operation (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversation (key) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('start', 'append', 'restart', 'delete')),
    request TEXT NOT NULL,                      -- the body that is sent
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'sending', 'in_doubt', 'delivered', 'refused', 'held', 'cancelled')),
    seen_entry_id TEXT,                         -- base: the last entry the writer had seen
    base_entry_id TEXT,                         -- the last entry on the server just before it was sent
    base_count INTEGER,                         -- and how many there were
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,        -- runs of it that the server itself failed on
    next_attempt INTEGER,                       -- microseconds since 1970
    sent INTEGER,
    doubted INTEGER,                            -- when the answer was lost, on a clock that may be set
    doubted_uptime INTEGER,                     -- and microseconds after the machine's start
    doubted_boot TEXT,                          -- and which start
    reason_code TEXT,
    reason_message TEXT,
    reason_hint TEXT,
    response TEXT,
    created_at TEXT NOT NULL,
    CHECK (state <> 'sending' OR sent IS NOT NULL),
    CHECK (state <> 'in_doubt' OR (doubted IS NOT NULL AND doubted_uptime IS NOT NULL AND doubted_boot IS NOT NULL)),
    CHECK (state NOT IN ('refused', 'held') OR reason_code IS NOT NULL)
) STRICT;

CREATE INDEX operation_open ON operation (conversation, sequence) WHERE state NOT IN ('delivered', 'cancelled');

-- The index holds no copy of the text: it is read again from `raw` when a row must leave the index.
-- A rowid below 2^60 is an entry's key, a higher one 2^60 plus an operation's sequence.
CREATE VIRTUAL TABLE entry_index USING fts5 (text, content = '', tokenize = 'convo');
CREATE VIRTUAL TABLE conversation_index USING fts5 (name, description, content = '', tokenize = 'convo');

-- Each transaction writes as one part what it has gathered. Sixteen such parts or more become one (`usermerge`), in
-- transactions of their own, which others wait for no longer than for any other; not at the end of whichever one made
-- the sixteenth. Only where nobody has seen to it, whoever makes the 256th merges them all.
INSERT INTO entry_index (entry_index, rank)
VALUES ('hashsize', 4194304), ('automerge', 0), ('usermerge', 16), ('crisismerge', 256);

CREATE TABLE fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
