// A virtual file system for SQLite that does what the default one does, and notes what was synced: what of a file survives a
// power cut. https://sqlite.org/vfs.html
#pragma once
#include <stdint.h>

// Makes it the default for every connection that is opened from now on. Once is enough; more does nothing. 0 where it worked.
int sync_recorder_install(void);

// How often the file of that path was synced since it was made.
int64_t sync_recorder_count(const char *path);

// How much of a write-ahead log is on the disk: its length at its last sync, and its salts then. 0 where it was never synced.
int sync_recorder_log(const char *path, unsigned char salts[8], int64_t *length);

// Forgets the files whose path begins so.
void sync_recorder_forget(const char *prefix);
