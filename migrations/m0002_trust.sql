-- The keys that were seen to belong to this database's account, as salted digests (the salt is a fact, `key_salt`).
CREATE TABLE known_key (
    digest TEXT PRIMARY KEY,
    seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What could not be taken in as it came, so that it can be named; the elements around it are held.
CREATE TABLE set_aside (
    place TEXT NOT NULL,                        -- 'list', or the remote id of the conversation whose history it is in
    position INTEGER NOT NULL,                  -- index in the answer, from 0; -1: the history as a whole
    id TEXT,                                    -- as far as it can be read
    name TEXT,
    reason TEXT NOT NULL,
    raw TEXT,                                   -- the element as it came; NULL where it is too large or too deep
    seen_at TEXT NOT NULL,
    PRIMARY KEY (place, position)
) STRICT;

-- The updated_at whose history could not be read (it is over the limit, say): it is not fetched again until that moves.
ALTER TABLE conversation ADD COLUMN unreadable_version TEXT;

-- Whether the history is read again because it seems older than the list (a replica, a cache), and not because its last turn
-- has no answer yet.
ALTER TABLE conversation ADD COLUMN history_outdated INTEGER NOT NULL DEFAULT 0 CHECK (history_outdated IN (0, 1));

-- The updated_at that our own last turn left: where the server still says so, nobody has written since.
ALTER TABLE conversation ADD COLUMN own_version TEXT;
-- The conversation's updated_at just before the write was sent: what was written by then is not ours.
ALTER TABLE operation ADD COLUMN base_version TEXT;

DROP INDEX conversation_stale;
CREATE INDEX conversation_stale ON conversation (activity DESC)
    WHERE remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0
        AND history_version IS NOT updated_at AND unreadable_version IS NOT updated_at;
