// What of SQLite's interface Swift cannot express: a destructor that is -1, a pointer under a static name. No logic.
#pragma once
#include <sqlite3.h>

static inline int convo_bind_text(sqlite3_stmt *statement, int place, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, place, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
// `statement` is `SELECT fts5(?1)`: sqlite.org/fts5.html, "Extending FTS5".
static inline int convo_bind_fts5_api(sqlite3_stmt *statement, fts5_api **api) {
    return sqlite3_bind_pointer(statement, 1, (void *)api, "fts5_api_ptr", 0);
}
