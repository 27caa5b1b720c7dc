-- Which write a program's request to the local endpoint has made: the same request, sent again because its answer was lost, makes
-- no second one. A row goes when a client has had the whole answer, or when nobody has asked again for long (Store+requests.swift).
CREATE TABLE request (
    key INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,              -- SHA-256 of what makes two requests the same
    content TEXT NOT NULL,                      -- SHA-256 of its body: a name does not stand for another request
    operation INTEGER NOT NULL REFERENCES operation (sequence) ON DELETE CASCADE,
    is_named INTEGER NOT NULL CHECK (is_named IN (0, 1)), -- by the client, with Idempotency-Key
    -- 0: its client has been told that it failed, so that the write is taken back once it is known not to have arrived
    is_wanted INTEGER NOT NULL DEFAULT 1 CHECK (is_wanted IN (0, 1)),
    -- when the write was delivered or, if later, the request came last; NULL before: in microseconds since 1970, on a clock that
    -- may be set, and after the machine's start, and which start
    settled INTEGER, settled_uptime INTEGER, settled_boot TEXT,
    CHECK (settled IS NULL OR (settled_uptime IS NOT NULL AND settled_boot IS NOT NULL))
) STRICT;

CREATE INDEX request_by_operation ON request (operation);
CREATE INDEX request_settled ON request (settled) WHERE settled IS NOT NULL;
