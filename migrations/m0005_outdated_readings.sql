-- How many readings of a history in a row seemed older than the list or the mirror: the store believes what they leave
-- out only after several. Readings that lack an answer count in history_looks alone.
ALTER TABLE conversation ADD COLUMN history_outdated_readings INTEGER NOT NULL DEFAULT 0;
