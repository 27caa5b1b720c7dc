-- Whether the conversation is held from the account that this database belonged to before `convo account adopt`, and the
-- account of now has not shown it. It is not read again, nor marked as deleted: nobody can ask about it.
ALTER TABLE conversation ADD COLUMN other_account INTEGER NOT NULL DEFAULT 0 CHECK (other_account IN (0, 1));
