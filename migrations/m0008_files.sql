-- The files that entries refer to. The bytes of one that is stored lie in the folder `<database>.files`, named by their
-- SHA-256: two with the same bytes are one there.
CREATE TABLE file (
    key INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL REFERENCES entry (key) ON DELETE CASCADE,
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
    UNIQUE (entry, place),
    CHECK (state <> 'stored' OR (size IS NOT NULL AND media_type IS NOT NULL AND sha256 IS NOT NULL))
) STRICT;

CREATE INDEX file_due ON file (next_attempt) WHERE state = 'pending';
CREATE INDEX file_by_content ON file (sha256) WHERE sha256 IS NOT NULL;

-- Files of entries that are here already; links have expired.
INSERT INTO file (entry, place, file_id, name, declared_type)
SELECT e.key, row_number() OVER (PARTITION BY e.key ORDER BY chunk.key) - 1,
    e.raw ->> ('$.content[' || chunk.key || '].file_id'), e.raw ->> ('$.content[' || chunk.key || '].file_name'),
    e.raw ->> ('$.content[' || chunk.key || '].file_type')
FROM (SELECT key, raw FROM entry WHERE type = 'message.output' AND instr(raw, '"tool_file"') > 0 AND json_valid(raw)) e,
    json_each(e.raw, '$.content') AS chunk
WHERE e.raw ->> ('$.content[' || chunk.key || '].type') = 'tool_file'
    AND json_type(e.raw, '$.content[' || chunk.key || '].file_id') = 'text';

CREATE VIEW files AS
SELECT f.key, c.id AS conversation_id, e.id AS entry_id, f.place, f.name, f.declared_type, f.state, f.reason, f.size, f.media_type,
    f.sha256, f.stored_at, e.key AS entry_key
FROM file f JOIN entry e ON e.key = f.entry JOIN conversation c ON c.key = e.conversation
-- A tool gives a link to the file that it makes, and its answer names the same file.
WHERE NOT EXISTS (
    SELECT 1 FROM file o JOIN entry oe ON oe.key = o.entry
    WHERE f.file_id IS NULL AND o.sha256 = f.sha256 AND o.file_id IS NOT NULL AND oe.conversation = e.conversation);
