-- Conversations that came from an export or from another database. They are local only: nothing of them is sent, and no pull
-- changes them. When the server shows the conversation, its row here goes, and it is mirrored as any other.
CREATE TABLE imported_conversation (
    conversation INTEGER PRIMARY KEY REFERENCES conversation (key) ON DELETE CASCADE,
    imported_at TEXT NOT NULL,
    origin_id TEXT NOT NULL,                    -- the local id where it came from; as a rule the id here, too
    origin_local_only INTEGER NOT NULL CHECK (origin_local_only IN (0, 1)), -- store: false where it came from
    parent_id TEXT,                             -- the parent as the export names it, which may never come
    parent_remote_id TEXT,
    parent_entry_id TEXT,
    parent_inferred INTEGER NOT NULL DEFAULT 0 CHECK (parent_inferred IN (0, 1)),
    -- Whether the last import of it has ended: one that was killed goes on when it is imported again.
    is_whole INTEGER NOT NULL DEFAULT 0 CHECK (is_whole IN (0, 1))
) STRICT;

CREATE INDEX imported_conversation_by_origin ON imported_conversation (origin_id);
CREATE INDEX imported_conversation_by_parent ON imported_conversation (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX imported_conversation_by_remote_parent ON imported_conversation (parent_remote_id)
    WHERE parent_remote_id IS NOT NULL;
