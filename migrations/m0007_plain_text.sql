-- The words of the index, for searches that find nothing, are read through a table of each connection's own: see NearbyWords.
DROP TABLE entry_words;

-- Tables with row ids: DuckDB counts the rows of no others.
CREATE TABLE plain_fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO plain_fact SELECT name, value FROM fact;
DROP TABLE fact;
ALTER TABLE plain_fact RENAME TO fact;
CREATE TABLE plain_known_key (digest TEXT PRIMARY KEY, seen_at TEXT NOT NULL) STRICT;
INSERT INTO plain_known_key SELECT digest, seen_at FROM known_key;
DROP TABLE known_key;
ALTER TABLE plain_known_key RENAME TO known_key;

-- The views below are what other programs may rely on; the tables may change with any version. See docs/schema.md.
-- A time is RFC 3339, in UTC, with six digits of the second.
INSERT INTO fact (name, value) VALUES ('views_version', '1');

CREATE VIEW conversations AS
SELECT c.id, c.remote_id, c.name, c.description, c.model, c.agent_id, c.created_at, c.updated_at,
    strftime('%Y-%m-%dT%H:%M:%S', c.activity / 1000000, 'unixepoch')
        || printf('.%06dZ', c.activity % 1000000) AS active_at,
    (SELECT COUNT(e.key) FROM entry e WHERE e.conversation = c.key AND e.dropped_at IS NULL) AS entry_count,
    (SELECT COUNT(o.sequence) FROM operation o
        WHERE o.conversation = c.key AND o.state NOT IN ('delivered', 'cancelled')) AS pending_count,
    p.id AS parent_id, c.parent_entry_id, c.parent_inferred, c.deleted_remotely_at, c.local_only, c.raw
FROM conversation c LEFT JOIN conversation p ON p.key = c.parent
WHERE c.hidden = 0;

CREATE VIEW entries AS
SELECT e.key, c.id AS conversation_id, e.id, e.position, e.type, e.role,
    strftime('%Y-%m-%dT%H:%M:%S', e.created / 1000000, 'unixepoch')
        || printf('.%06dZ', e.created % 1000000) AS created_at,
    CASE WHEN json_valid(e.raw) THEN e.raw ->> '$.model' END AS model,
    CASE WHEN json_valid(e.raw) THEN e.raw ->> '$.agent_id' END AS agent_id,
    CASE WHEN json_valid(e.raw) AND e.type IN ('function.call', 'tool.execution') THEN e.raw ->> '$.name' END AS tool,
    CASE WHEN json_valid(e.raw) THEN e.raw ->> '$.tool_call_id' END AS tool_call_id,
    CASE WHEN json_valid(e.raw) THEN IFNULL(e.raw ->> '$.arguments', e.raw ->> '$.result') END AS value,
    e.completed_at, e.dropped_at, e.local_only, e.raw
FROM entry e JOIN conversation c ON c.key = e.conversation;

-- The text of a message's chunks, with a line break between them; what is not text (images, files, thinking) is left out.
-- DuckDB runs the query by its own rules: there a JSON text's type is VARCHAR, and json_each gives other types.
CREATE VIEW messages AS
SELECT e.key, c.id AS conversation_id, c.name AS conversation, p.id AS branch_of, e.id, e.position, e.role,
    strftime('%Y-%m-%dT%H:%M:%S', e.created / 1000000, 'unixepoch')
        || printf('.%06dZ', e.created % 1000000) AS created_at,
    CASE WHEN json_valid(e.raw) THEN e.raw ->> '$.model' END AS model,
    CASE
        WHEN NOT json_valid(e.raw) THEN NULL
        WHEN json_type(e.raw, '$.content') IN ('text', 'VARCHAR') THEN e.raw ->> '$.content'
        WHEN json_type(e.raw, '$.content') IN ('array', 'ARRAY') THEN
            (SELECT group_concat(e.raw ->> ('$.content[' || chunk.key || '].text'), '
')
            FROM json_each(e.raw, '$.content') AS chunk
            WHERE e.raw ->> ('$.content[' || chunk.key || '].type') = 'text')
    END AS text,
    e.dropped_at
FROM entry e JOIN conversation c ON c.key = e.conversation LEFT JOIN conversation p ON p.key = c.parent
WHERE e.type IN ('message.input', 'message.output');

CREATE VIEW outbox AS
SELECT o.sequence, o.id, o.kind AS operation, c.id AS conversation_id, c.name AS conversation, o.state, o.attempts,
    strftime('%Y-%m-%dT%H:%M:%S', o.next_attempt / 1000000, 'unixepoch')
        || printf('.%06dZ', o.next_attempt % 1000000) AS next_attempt_at,
    o.reason_code, o.reason_message, o.created_at, o.request, o.response
FROM operation o JOIN conversation c ON c.key = o.conversation;
