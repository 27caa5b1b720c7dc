// What Swift's modules of the C libraries leave out, or show otherwise on each system: Linux's locks that belong to an open
// file description, statfs(2), statx(2), syncfs(2), renameat2(2) and malloc_trim(3); a thread whose handle has one type.
// No logic. ConvoPlatform alone imports it.
#pragma once
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

// `pthread_t` is a number on some systems and a pointer on others: the handle is either. 0 where the thread runs.
static inline int convo_thread_start(
    uintptr_t *_Nonnull handle, void *_Nullable (*_Nonnull work)(void *_Nullable), void *_Nullable context) {
    pthread_t thread;
    int code = pthread_create(&thread, NULL, work, context);
    if (code == 0) *handle = (uintptr_t)thread;
    return code;
}

static inline void convo_thread_join(uintptr_t handle) { pthread_join((pthread_t)handle, NULL); }

static inline void convo_thread_detach(uintptr_t handle) { pthread_detach((pthread_t)handle); }

extern char **environ;

static inline char *_Nullable *_Nullable convo_environment(void) { return environ; }

// Whether nothing that was written to a stream socket is still on its way, and the other end has not thrown any of it away:
// 1 also where the system does not tell, as for a socket that is not TCP's.
#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
static inline int convo_socket_took_all(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return 0;
    struct tcp_info info = {0};
    size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 1;
    return info.tcpi_unacked == 0;
}
#else
#include <sys/socket.h>
static inline int convo_socket_took_all(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}
#endif

#ifdef __linux__
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

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
static inline uint64_t convo_file_system_id(const char *_Nonnull path) {
    struct statfs status;
    uint64_t id = 0;
    if (statfs(path, &status) == 0) memcpy(&id, &status.f_fsid, sizeof id);
    return id;
}

// The number of the device on which the file lies, in the form in which the kernel's `huge_encode_dev` writes it; 0 where it can't be told.
static inline uint64_t convo_device_number(const char *_Nonnull path) {
    struct stat status;
    if (stat(path, &status) != 0) return 0;
    uint64_t driver = major(status.st_dev), unit = minor(status.st_dev);
    return (unit & 0xff) | (driver << 8) | ((unit & ~(uint64_t)0xff) << 12);
}

#ifdef __ANDROID__
// Android ends an app that makes a system call which is not on its list: only what Bionic wraps is on it.
static inline int convo_sync_file_system(int descriptor) {
#if __ANDROID_API__ >= 28
    return syncfs(descriptor);
#else
    sync();
    return 0;
#endif
}
#else
// The kernel's `struct statx` up to the time of birth. Not that of <linux/stat.h>, which clashes with the C library's
// own in musl.
struct convo_statx {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, user, group;
    uint16_t mode, unused;
    uint64_t inode, size, blocks, known_attributes;
    struct {
        int64_t seconds;
        uint32_t nanoseconds;
        int32_t unused;
    } access, birth;
    uint64_t rest[20];
};
_Static_assert(sizeof(struct convo_statx) == 256, "the kernel writes so many bytes");

// When the file was made, in nanoseconds since 1970; 0 where the file system does not keep that.
static inline int64_t convo_birth_time(const char *_Nonnull path) {
    const uint32_t birth = 0x800;  // STATX_BTIME
    struct convo_statx status;
    if (syscall(SYS_statx, AT_FDCWD, path, 0, birth, &status) != 0) return 0;
    if (!(status.mask & birth)) return 0;
    return status.birth.seconds * 1000000000 + status.birth.nanoseconds;
}

// Waits until the disk has everything that was written to the file system of an open file. 0 where it was done.
static inline int convo_sync_file_system(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

// Renames a file unless the new name is taken (EEXIST). 0 where it was done; EINVAL where the file system can't.
static inline int convo_rename_to_new(const char *_Nonnull from, const char *_Nonnull to) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */);
}
#endif

// A descriptor that can be read once a process has ended (pidfd_open(2)); -1 where the system has none to give.
static inline int convo_process_descriptor(int process) {
#ifdef __ANDROID__
    return -1;
#else
    return (int)syscall(434 /* pidfd_open, the same on all of Linux's architectures that Swift knows */, process, 0);
#endif
}

// Gives the program's own pages that are read only back to the kernel, which still has them in its cache: what is needed
// again is mapped again. Pages that were changed when the program was loaded are in segments that can be written.
static inline void convo_release_program_pages(void) {
#if __SIZEOF_POINTER__ == 8
    const Elf64_Phdr *headers = (const Elf64_Phdr *)getauxval(AT_PHDR);
    const uintptr_t count = getauxval(AT_PHNUM), page = getauxval(AT_PAGESZ);
    uintptr_t base = 0;
    int is_known = 0;
    if (!headers || !page) return;
    for (uintptr_t i = 0; i < count; i++) {
        if (headers[i].p_type != PT_PHDR) continue;
        base = (uintptr_t)headers - headers[i].p_vaddr;
        is_known = 1;
    }
    for (uintptr_t i = 0; is_known && i < count; i++) {
        if (headers[i].p_type != PT_LOAD || headers[i].p_flags & PF_W) continue;
        uintptr_t start = (base + headers[i].p_vaddr + page - 1) / page * page;
        uintptr_t end = (base + headers[i].p_vaddr + headers[i].p_filesz) / page * page;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
#endif
}

// Gives memory that was freed back to the kernel, where the C library can.
static inline void convo_trim_heap(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
#endif
