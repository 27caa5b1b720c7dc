// What of Linux's interface Swift's Glibc module leaves out: locks that belong to an open file description, statfs(2),
// statx(2), syncfs(2), renameat2(2) and malloc_trim(3). No logic.
#pragma once
#ifdef __linux__
#include <fcntl.h>
#include <linux/stat.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

// <fcntl.h> hides them without _GNU_SOURCE, which a module can't define for another one.
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif

// `type` is F_RDLCK, F_WRLCK or F_UNLCK, of the whole file. 0 where it was done.
static inline int convo_ofd_set_lock(int descriptor, int type) {
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}

// Whether a lock of that type would have to wait: 1 or 0; -1 where the file system can't tell.
static inline int convo_ofd_is_locked(int descriptor, int type) {
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET};
    if (fcntl(descriptor, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}

// The file system's id; 0 where it has none.
static inline uint64_t convo_file_system_id(const char *path) {
    struct statfs status;
    uint64_t id = 0;
    if (statfs(path, &status) == 0) memcpy(&id, &status.f_fsid, sizeof id);
    return id;
}

// When the file was made, in nanoseconds since 1970; 0 where the file system does not keep that.
static inline int64_t convo_birth_time(const char *path) {
    struct statx status;
    if (syscall(SYS_statx, AT_FDCWD, path, 0, STATX_BTIME, &status) != 0) return 0;
    if (!(status.stx_mask & STATX_BTIME)) return 0;
    return status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

// Waits until the disk has everything that was written to the file system of an open file. 0 where it was done.
static inline int convo_sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

// Renames a file unless the new name is taken (EEXIST). 0 where it was done; EINVAL where the file system can't.
static inline int convo_rename_to_new(const char *from, const char *to) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */);
}

// Gives memory that was freed back to the kernel, where the C library can.
static inline void convo_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
#endif
