-- What each transaction changed, in the order of the transactions, for programs that show the database. Triggers write it,
-- so that no statement is forgotten; but for added conversations, and added and changed entries: with a trigger, SQLite would
-- copy each page that such an INSERT changes. What they were is noted when the transaction ends (Store+changes.swift).
-- Only the newest rows stay.
CREATE TABLE change (
    number INTEGER PRIMARY KEY,                 -- ascends: the newest row is never deleted
    conversation INTEGER NOT NULL,              -- its key; 0: what the store says of itself, such as the last pull
    kind INTEGER NOT NULL DEFAULT 0 CHECK (kind IN (0, 1, 2)), -- of the item; 0: the conversation alone
    item INTEGER NOT NULL DEFAULT 0,            -- 1: the key of the entry that was added or changed; 2: the write's sequence
    removed TEXT                                -- the id of a conversation whose row was deleted
) STRICT;

CREATE TRIGGER change_pruned AFTER INSERT ON change WHEN NEW.number % 4096 = 0
BEGIN
    DELETE FROM change WHERE number <= NEW.number - 131072;
END;

CREATE TRIGGER conversation_changed
AFTER UPDATE OF id, remote_id, raw, name, description, model, agent_id, created_at, updated_at, activity, deleted_remotely_at,
    local_only, hidden, conflict_policy, parent, parent_entry_id, parent_inferred, other_account ON conversation
WHEN (NEW.id, NEW.remote_id, NEW.raw, NEW.name, NEW.description, NEW.model, NEW.agent_id, NEW.created_at, NEW.updated_at,
    NEW.activity, NEW.deleted_remotely_at, NEW.local_only, NEW.hidden, NEW.conflict_policy, NEW.parent,
    NEW.parent_entry_id, NEW.parent_inferred, NEW.other_account)
    IS NOT (OLD.id, OLD.remote_id, OLD.raw, OLD.name, OLD.description, OLD.model, OLD.agent_id, OLD.created_at,
    OLD.updated_at, OLD.activity, OLD.deleted_remotely_at, OLD.local_only, OLD.hidden, OLD.conflict_policy, OLD.parent,
    OLD.parent_entry_id, OLD.parent_inferred, OLD.other_account)
BEGIN
    INSERT INTO change (conversation) VALUES (NEW.key);
END;

CREATE TRIGGER conversation_removed AFTER DELETE ON conversation
BEGIN
    INSERT INTO change (conversation, removed) VALUES (OLD.key, OLD.id);
END;

-- One row is enough for the many entries of a conversation.
CREATE TRIGGER entry_removed AFTER DELETE ON entry
WHEN NOT EXISTS (
    SELECT 1 FROM change WHERE number = (SELECT MAX(number) FROM change) AND conversation = OLD.conversation
        AND kind = 0)
BEGIN
    INSERT INTO change (conversation) VALUES (OLD.conversation);
END;

CREATE TRIGGER operation_added AFTER INSERT ON operation
BEGIN
    INSERT INTO change (conversation, kind, item) VALUES (NEW.conversation, 2, NEW.sequence);
END;

CREATE TRIGGER operation_changed
AFTER UPDATE OF conversation, kind, request, state, attempts, next_attempt, reason_code, reason_message, response ON operation
WHEN (NEW.conversation, NEW.kind, NEW.request, NEW.state, NEW.attempts, NEW.next_attempt, NEW.reason_code,
    NEW.reason_message, NEW.response)
    IS NOT (OLD.conversation, OLD.kind, OLD.request, OLD.state, OLD.attempts, OLD.next_attempt, OLD.reason_code,
    OLD.reason_message, OLD.response)
BEGIN
    -- A write that became a branch's has left the conversation where it was queued.
    INSERT INTO change (conversation) SELECT OLD.conversation WHERE NEW.conversation <> OLD.conversation;
    INSERT INTO change (conversation, kind, item) VALUES (NEW.conversation, 2, NEW.sequence);
END;

CREATE TRIGGER operation_removed AFTER DELETE ON operation
BEGIN
    INSERT INTO change (conversation) VALUES (OLD.conversation);
END;

CREATE TRIGGER file_changed AFTER UPDATE OF state, reason, sha256 ON file
WHEN (NEW.state, NEW.reason, NEW.sha256) IS NOT (OLD.state, OLD.reason, OLD.sha256)
BEGIN
    INSERT INTO change (conversation, kind, item) SELECT conversation, 1, key FROM entry WHERE key = NEW.entry;
END;

CREATE TRIGGER import_added AFTER INSERT ON imported_conversation
BEGIN
    INSERT INTO change (conversation) VALUES (NEW.conversation);
END;

CREATE TRIGGER import_changed AFTER UPDATE OF is_whole ON imported_conversation WHEN NEW.is_whole <> OLD.is_whole
BEGIN
    INSERT INTO change (conversation) VALUES (NEW.conversation);
END;

CREATE TRIGGER import_removed AFTER DELETE ON imported_conversation
BEGIN
    INSERT INTO change (conversation) VALUES (OLD.conversation);
END;

CREATE TRIGGER fact_added AFTER INSERT ON fact WHEN NEW.name IN ('last_pull_at', 'last_sweep_at', 'server_url', 'account')
BEGIN
    INSERT INTO change (conversation) VALUES (0);
END;

CREATE TRIGGER fact_changed AFTER UPDATE OF value ON fact
WHEN NEW.value <> OLD.value AND NEW.name IN ('last_pull_at', 'last_sweep_at', 'server_url', 'account')
BEGIN
    INSERT INTO change (conversation) VALUES (0);
END;

CREATE TRIGGER set_aside_added AFTER INSERT ON set_aside
BEGIN
    INSERT INTO change (conversation) VALUES (0);
END;

CREATE TRIGGER set_aside_removed AFTER DELETE ON set_aside
BEGIN
    INSERT INTO change (conversation) VALUES (0);
END;
