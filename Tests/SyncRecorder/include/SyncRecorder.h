// A virtual file system for SQLite that does what the default one does, and records what was synced, which is what
// survives a power cut. https://sqlite.org/vfs.html
#pragma once
#include <stdint.h>

// Makes it the default for every connection that is opened from now on; a further call does nothing. Returns 0, or an
// SQLite error code.
int sync_recorder_install(void);

// How often the file with this path was synced since it was made.
int64_t sync_recorder_count(const char *path);

// Gets how much of a write-ahead log is on the disk: its length at its last sync, and its salts then. Returns 0, and
// sets nothing, if the log was never synced.
int sync_recorder_log(const char *path, unsigned char salts[8], int64_t *length);

// Forgets the files whose path begins with the prefix.
void sync_recorder_forget(const char *prefix);
