// What of SQLite's interface Swift cannot express: a destructor that is -1, a pointer under a static name, arguments of any number.
// No logic.
#pragma once
#include <sqlite3.h>

static inline int convo_bind_text(sqlite3_stmt *statement, int place, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, place, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int convo_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, place, bytes, count, SQLITE_TRANSIENT);
}
static inline void convo_result_text(sqlite3_context *context, const char *bytes, sqlite3_uint64 count) {
    sqlite3_result_text64(context, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline void convo_result_blob(sqlite3_context *context, const void *bytes, sqlite3_uint64 count) {
    sqlite3_result_blob64(context, bytes, count, SQLITE_TRANSIENT);
}
// `statement` is `SELECT fts5(?1)`: sqlite.org/fts5.html, "Extending FTS5".
static inline int convo_bind_fts5_api(sqlite3_stmt *statement, fts5_api **api) {
    return sqlite3_bind_pointer(statement, 1, (void *)api, "fts5_api_ptr", 0);
}
// Configures SQLite for the whole process, before any other of its functions is called (sqlite.org/c3ref/config.html). SQLITE_OK where
// that was so.
static inline int convo_configure_sqlite(int statement_journal_bytes) {
    int code = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, statement_journal_bytes);
    return code != SQLITE_OK ? code : sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
