-- A person's own name for a conversation, and tags. The API has neither: no request sends them, and no answer of the server changes
-- them. See docs/schema.md for the views.
ALTER TABLE conversation ADD COLUMN local_name TEXT CHECK (local_name <> '');

CREATE TABLE conversation_tag (
    key INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation (key) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> ''),      -- as it was written first
    folded TEXT NOT NULL CHECK (folded <> ''),  -- by which tags are compared: see `Tag`
    UNIQUE (conversation, folded)
) STRICT;

CREATE INDEX conversation_tag_by_name ON conversation_tag (folded, conversation);

-- The changes that migration 13 does not know of.
CREATE TRIGGER conversation_renamed AFTER UPDATE OF local_name ON conversation WHEN NEW.local_name IS NOT OLD.local_name
BEGIN
    INSERT INTO change (conversation) VALUES (NEW.key);
END;

CREATE TRIGGER conversation_tag_added AFTER INSERT ON conversation_tag
BEGIN
    INSERT INTO change (conversation) VALUES (NEW.conversation);
END;

CREATE TRIGGER conversation_tag_removed AFTER DELETE ON conversation_tag
BEGIN
    INSERT INTO change (conversation) VALUES (OLD.conversation);
END;

-- As before, with two columns behind the others.
DROP VIEW IF EXISTS conversations;
CREATE VIEW conversations AS
SELECT c.id, c.remote_id, c.name, c.description, c.model, c.agent_id, c.created_at, c.updated_at,
    strftime('%Y-%m-%dT%H:%M:%S', c.activity / 1000000, 'unixepoch')
        || printf('.%06dZ', c.activity % 1000000) AS active_at,
    (SELECT COUNT(e.key) FROM entry e WHERE e.conversation = c.key AND e.dropped_at IS NULL) AS entry_count,
    (SELECT COUNT(o.sequence) FROM operation o
        WHERE o.conversation = c.key AND o.state NOT IN ('delivered', 'cancelled')) AS pending_count,
    p.id AS parent_id, c.parent_entry_id, c.parent_inferred, c.deleted_remotely_at, c.local_only, c.raw,
    c.local_name, (SELECT group_concat(t.name, ' ') FROM conversation_tag t WHERE t.conversation = c.key) AS tags
FROM conversation c LEFT JOIN conversation p ON p.key = c.parent
WHERE c.hidden = 0;

CREATE VIEW tags AS
SELECT c.id AS conversation_id, t.name AS tag FROM conversation_tag t JOIN conversation c ON c.key = t.conversation;
