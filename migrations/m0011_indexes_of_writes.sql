-- Indexes by which the writes of one conversation are found, however many writes there are.
CREATE INDEX operation_by_conversation ON operation (conversation, sequence);
CREATE INDEX operation_doubtful ON operation (conversation, sequence) WHERE state IN ('sending', 'in_doubt');
CREATE INDEX operation_stopped ON operation (conversation, sequence) WHERE state IN ('refused', 'held');

-- Entries that the server no longer lists: they are few, and are left out of the number of a conversation's entries.
CREATE INDEX entry_dropped ON entry (conversation) WHERE dropped_at IS NOT NULL;
