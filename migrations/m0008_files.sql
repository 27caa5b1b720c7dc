-- The files that entries refer to. The bytes of one that is stored lie in the folder `<database>.files`, named by their
-- SHA-256: two with the same bytes are one there.
CREATE TABLE file (
    key INTEGER PRIMARY KEY AUTOINCREMENT,      -- never given twice: what an attempt has left bears it
    entry INTEGER NOT NULL REFERENCES entry (key) ON DELETE CASCADE,
    source TEXT NOT NULL,                       -- digest of where its bytes are: an id of the API's, or a link
    place INTEGER NOT NULL,                     -- among the files of its entry, from 0
    file_id TEXT,                               -- the API's; NULL: behind a link, which stands in the entry only
    name TEXT,                                  -- as the entry says
    declared_type TEXT,                         -- as the entry says
    any_host INTEGER NOT NULL DEFAULT 0 CHECK (any_host IN (0, 1)), -- a person asked for it: its link may lead anywhere
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'stored', 'too_large', 'gone', 'refused')),
    reason TEXT,                                -- why it is not stored: a code
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER,                       -- microseconds since 1970
    size INTEGER,
    media_type TEXT,                            -- as its bytes say
    sha256 TEXT,
    stored_at TEXT,
    UNIQUE (entry, source),
    CHECK ((state = 'stored') = (sha256 IS NOT NULL)),
    CHECK (sha256 IS NULL OR (size IS NOT NULL AND media_type IS NOT NULL))
) STRICT;

-- Links, which expire, come first.
CREATE INDEX file_due ON file (file_id IS NOT NULL, key) WHERE state = 'pending';
CREATE INDEX file_by_content ON file (sha256, file_id) WHERE sha256 IS NOT NULL;

CREATE VIEW files AS
SELECT f.key, c.id AS conversation_id, e.id AS entry_id, f.place, f.name, f.declared_type, f.state, f.reason, f.size, f.media_type,
    f.sha256, f.stored_at, e.key AS entry_key
FROM file f JOIN entry e ON e.key = f.entry JOIN conversation c ON c.key = e.conversation
-- A tool gives a link to the file that it makes, and its answer names the same file.
WHERE f.file_id IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM file o JOIN entry oe ON oe.key = o.entry
    WHERE o.sha256 = f.sha256 AND o.file_id IS NOT NULL AND oe.conversation = e.conversation);
