#include "SyncRecorder.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

typedef struct Record {
    struct Record *next;
    int64_t count;
    int64_t written; // where the log ends
    int64_t synced;  // where the log ended at the last sync
    unsigned char salts[8];
    char path[];
} Record;

typedef struct File {
    sqlite3_file base;
    char *path;         // NULL unless the file is a database or a log
    sqlite3_file *real; // the default VFS's file, right behind this struct
} File;

// SQLite counts its memory behind one lock, for which tests that run beside each other would wait. The setting must be
// made before SQLite is used for the first time.
__attribute__((constructor)) static void countNoMemory(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Record *records;
static sqlite3_vfs *original;
static sqlite3_vfs recorder;

// Call with the mutex locked.
static Record *find(const char *path) {
    for (Record *record = records; record; record = record->next)
        if (strcmp(record->path, path) == 0) return record;
    return NULL;
}

static Record *find_or_make(const char *path) {
    Record *record = find(path);
    if (record) return record;
    record = calloc(1, sizeof *record + strlen(path) + 1);
    if (!record) abort();
    strcpy(record->path, path);
    record->next = records;
    return records = record;
}

static void forget(int (*matches)(const char *, const char *), const char *name) {
    pthread_mutex_lock(&mutex);
    for (Record **place = &records; *place;) {
        Record *record = *place;
        if (matches(record->path, name)) {
            *place = record->next;
            free(record);
        } else {
            place = &record->next;
        }
    }
    pthread_mutex_unlock(&mutex);
}

static int begins(const char *path, const char *prefix) { return strncmp(path, prefix, strlen(prefix)) == 0; }
static int equals(const char *path, const char *name) { return strcmp(path, name) == 0; }

#define REAL(file) (((File *)(file))->real)
#define CALL(file, method, ...) REAL(file)->pMethods->method(REAL(file), ##__VA_ARGS__)

static int file_close(sqlite3_file *file) {
    int code = CALL(file, xClose);
    free(((File *)file)->path);
    return code;
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    return CALL(file, xRead, bytes, count, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    int code = CALL(file, xWrite, bytes, count, offset);
    const char *path = ((File *)file)->path;
    if (code == SQLITE_OK && path) {
        pthread_mutex_lock(&mutex);
        Record *record = find_or_make(path);
        // A write at the beginning of a log is its header, with which the log begins anew.
        if (offset == 0 || offset + count > record->written) record->written = offset + count;
        pthread_mutex_unlock(&mutex);
    }
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) { return CALL(file, xTruncate, size); }

static int file_sync(sqlite3_file *file, int flags) {
    int code = CALL(file, xSync, flags);
    const char *path = ((File *)file)->path;
    if (code == SQLITE_OK && path) {
        unsigned char salts[8] = {0};
        int is_log = CALL(file, xRead, salts, sizeof salts, 16) == SQLITE_OK;
        pthread_mutex_lock(&mutex);
        Record *record = find_or_make(path);
        record->count++;
        record->synced = is_log ? record->written : 0;
        memcpy(record->salts, salts, sizeof salts);
        pthread_mutex_unlock(&mutex);
    }
    return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return CALL(file, xFileSize, size); }
static int file_lock(sqlite3_file *file, int level) { return CALL(file, xLock, level); }
static int file_unlock(sqlite3_file *file, int level) { return CALL(file, xUnlock, level); }
static int file_check(sqlite3_file *file, int *result) { return CALL(file, xCheckReservedLock, result); }
static int file_control(sqlite3_file *file, int op, void *argument) { return CALL(file, xFileControl, op, argument); }
static int file_sector(sqlite3_file *file) { return CALL(file, xSectorSize); }
static int file_features(sqlite3_file *file) { return CALL(file, xDeviceCharacteristics); }
static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **address) {
    return CALL(file, xShmMap, page, size, extend, address);
}
static int shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return CALL(file, xShmLock, offset, count, flags);
}
static void shm_barrier(sqlite3_file *file) { CALL(file, xShmBarrier); }
static int shm_unmap(sqlite3_file *file, int remove) { return CALL(file, xShmUnmap, remove); }
static int file_fetch(sqlite3_file *file, sqlite3_int64 offset, int count, void **address) {
    return CALL(file, xFetch, offset, count, address);
}
static int file_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *address) {
    return CALL(file, xUnfetch, offset, address);
}

static const sqlite3_io_methods methods = {
    3,            file_close,  file_read,    file_write,   file_truncate, file_sync,   file_size,
    file_lock,    file_unlock, file_check,   file_control, file_sector,   file_features, shm_map,
    shm_lock,     shm_barrier, shm_unmap,    file_fetch,   file_unfetch,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out) {
    (void)vfs;
    File *recorded = (File *)file;
    memset(recorded, 0, sizeof *recorded);
    recorded->real = (sqlite3_file *)(recorded + 1);
    int code = original->xOpen(original, name, recorded->real, flags, out);
    if (!recorded->real->pMethods) return code;
    int is_kept = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL);
    if (name && is_kept) recorded->path = strdup(name);
    recorded->base.pMethods = &methods;
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    int code = original->xDelete(original, path, sync);
    if (code == SQLITE_OK) forget(equals, path);
    return code;
}

int sync_recorder_install(void) {
    static int code = SQLITE_OK;
    pthread_mutex_lock(&mutex);
    if (!original && (original = sqlite3_vfs_find(NULL))) {
        recorder = *original;
        recorder.zName = "sync-recorder";
        recorder.szOsFile = (int)sizeof(File) + original->szOsFile;
        recorder.xOpen = vfs_open;
        recorder.xDelete = vfs_delete;
        recorder.pNext = NULL;
        code = sqlite3_vfs_register(&recorder, 1);
    }
    int result = original ? code : SQLITE_ERROR;
    pthread_mutex_unlock(&mutex);
    return result;
}

int64_t sync_recorder_count(const char *path) {
    pthread_mutex_lock(&mutex);
    Record *record = find(path);
    int64_t count = record ? record->count : 0;
    pthread_mutex_unlock(&mutex);
    return count;
}

int sync_recorder_log(const char *path, unsigned char salts[8], int64_t *length) {
    pthread_mutex_lock(&mutex);
    Record *record = find(path);
    int is_known = record && record->count > 0;
    if (is_known) {
        memcpy(salts, record->salts, sizeof record->salts);
        *length = record->synced;
    }
    pthread_mutex_unlock(&mutex);
    return is_known;
}

void sync_recorder_forget(const char *prefix) { forget(begins, prefix); }
