-- How many minutes later or earlier than its entry a key may be (see `entry.key`). Where many entries are made at once, keys run
-- ahead; and the server may change an entry's time, but not its key. A search for days reads that many keys more.
INSERT OR REPLACE INTO fact (name, value)
SELECT 'entry_key_delay', MAX(1440, IFNULL(MAX(key - MAX(created / 60000000, 1)), 0)) FROM entry
UNION ALL
SELECT 'entry_key_lead', MAX(0, IFNULL(MAX(MAX(created / 60000000, 1) - key), 0)) FROM entry;
