/*
 * A disk between a program and the kernel, loaded with LD_PRELOAD into the unmodified program.
 *
 * It watches the files that lie directly in one folder, and does two things with the calls on them: it writes every
 * one that changes something into a trace, in one total order and with its data, from which the image of the disk after
 * a power loss at any moment can be built; and it makes a chosen call fail. docs/adr/0007 says why it is C.
 *
 * All switches are environment variables. Without CLEARWAY_DISK_DIR it does nothing.
 *
 *   CLEARWAY_DISK_DIR=/abs/folder   which files are watched
 *   CLEARWAY_DISK_TRACE=/abs/file   where the trace goes (appended to); not in that folder
 *   CLEARWAY_DISK_NAME=clearway.db  "the database's files" are those whose names begin so; the default is clearway.db
 *   CLEARWAY_DISK_FAIL=N:KIND[:on]  the N-th call (from 1) on the database's files fails; with ":on" every later one too
 *   CLEARWAY_DISK_HIT=/abs/file     made when a call was failed: if it is not there, the program made fewer calls than N
 *   CLEARWAY_DISK_LIE=1             a flush is said to be done and is not: neither real nor in the trace
 *   CLEARWAY_DISK_SYNC_US=N         a flush takes N microseconds and the real one is left out: the trace is what counts
 *
 * A program that runs with the shim may aim again: opening "fail=N:KIND" in that folder, which never exists, counts anew
 * from there; "fail=0:eio" lets everything pass.
 *
 * KIND is one of
 *   eio     the call fails with EIO, nothing of it is done
 *   enospc  a call that takes room (open with O_CREAT, write, ftruncate, flush) fails with ENOSPC, others with EIO
 *   short   a write does its first half and says so, and the next write fails with ENOSPC; others fail with EIO. (A read
 *           in the middle of a file that finds its end is no failure but a lie, which no file format without sums can see.)
 * Counted are open, read, write, ftruncate, fsync, fdatasync, unlink and rename in all their spellings; not counted are
 * close, locks and memory maps.
 *
 * The trace is a row of records: a head of four little-endian numbers (u32 what, u32 file, u64 at, u64 bytes) and then
 * so many bytes. The place of a record in the row is its number, from 0. "file" is the number of a file since it was
 * made, not of its name.
 *
 *   1 made       file; bytes = name         5 unlinked   bytes = name
 *   2 written    file, at = offset; data    6 renamed    bytes = old name, NUL, new name
 *   3 cut        file, at = new length      7 folder flushed   at = number of the first record it does not cover
 *   4 flushed    file, at = number of the first record that it does not cover (the trace's length when it was asked)
 *   8 mapped     file, at = 1 when shared and writable; bytes = name
 *   9 not flushed   file, at as in 4: the flush failed
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the trace is written as it stands in memory: 64 bits, little-endian"
#endif

enum { MADE = 1, WRITTEN, CUT, FLUSHED, UNLINKED, RENAMED, FOLDER_FLUSHED, MAPPED, NOT_FLUSHED };
enum { DESCRIPTORS = 65536, FILES = 65536, FOLDER = -1 };

struct head {
    uint32_t what, file;
    uint64_t at, bytes;
};
struct file {
    ino_t inode;
    int database;
    char name[64];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[4096], base[64] = "clearway.db", kind[16], hit[4096];
static size_t folder_len;
static int trace = -1, lies, stays, full;
static long sync_us = -1, fail_at, calls;
static uint64_t position;
/* Number of the watched file behind a descriptor, from 1; FOLDER for the folder itself; 0 for all else. */
static int watched[DESCRIPTORS];
static struct file files[FILES];
static int file_count;

/* Which call fails, counted from now. */
static void aim(const char *text) {
    char on[4] = "";
    fail_at = calls = full = 0;
    sscanf(text, "%ld:%15[a-z]:%3s", &fail_at, kind, on);
    stays = strcmp(on, "on") == 0;
}

static void set_up(void) {
    const char *value = getenv("CLEARWAY_DISK_DIR");
    if (!value || strlen(value) >= sizeof folder) return;
    if ((value = getenv("CLEARWAY_DISK_NAME"))) snprintf(base, sizeof base, "%s", value);
    if ((value = getenv("CLEARWAY_DISK_HIT"))) snprintf(hit, sizeof hit, "%s", value);
    if ((value = getenv("CLEARWAY_DISK_SYNC_US"))) sync_us = atol(value);
    lies = getenv("CLEARWAY_DISK_LIE") != NULL;
    if ((value = getenv("CLEARWAY_DISK_FAIL"))) aim(value);
    if ((value = getenv("CLEARWAY_DISK_TRACE")))
        trace = syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    snprintf(folder, sizeof folder, "%s", getenv("CLEARWAY_DISK_DIR"));
    folder_len = strlen(folder);
}

/* The name of a watched file within the folder; "" for the folder itself; NULL for all else. */
static const char *name_of(const char *path) {
    pthread_once(&once, set_up);
    if (!folder_len || !path || strncmp(path, folder, folder_len) != 0) return NULL;
    if (path[folder_len] == 0) return "";
    if (path[folder_len] != '/') return NULL;
    const char *name = path + folder_len + 1;
    return strchr(name, '/') ? NULL : name;
}

static int of_database(const char *name) { return *name && strncmp(name, base, strlen(base)) == 0; }

static int file_of(int fd) { return fd >= 0 && fd < DESCRIPTORS ? watched[fd] : 0; }

/* Everything from here to note() is called with the lock held. */
static void note(uint32_t what, int file, uint64_t at, const void *data, size_t bytes) {
    struct head head = {what, (uint32_t)file, at, bytes};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)data, bytes}};
    position++;
    if (trace >= 0 && syscall(SYS_writev, trace, parts, 2L) != (long)(sizeof head + bytes)) abort();
}

/* The error that this call on a database's file must answer, or 0. `shortened` says that a write does half. */
static int fault(int takes_room, int writes, int *shortened) {
    if (!fail_at) return 0;
    if (full && writes) {
        full = 0;
        return ENOSPC;
    }
    calls++;
    if (calls < fail_at || (calls > fail_at && !stays)) return 0;
    if (*hit) {
        int made = syscall(SYS_openat, AT_FDCWD, hit, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (made >= 0) syscall(SYS_close, made);
    }
    if (strcmp(kind, "enospc") == 0) return takes_room ? ENOSPC : EIO;
    if (strcmp(kind, "short") == 0 && writes) {
        *shortened = 1;
        full = 1;
        return 0;
    }
    return EIO;
}

static int refuse(int error) {
    errno = error;
    return -1;
}

/* Number of the file behind a descriptor that was just opened. */
static int known(int fd, const char *name, int made) {
    struct stat about;
    if (fstat(fd, &about) != 0) abort();
    for (int at = file_count; at >= 1 && !made; at--)
        if (files[at].inode == about.st_ino) return at;
    if (++file_count >= FILES) abort();
    files[file_count].inode = about.st_ino;
    files[file_count].database = of_database(name);
    snprintf(files[file_count].name, sizeof files[0].name, "%s", name);
    note(MADE, file_count, 0, name, strlen(name));
    return file_count;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    const char *name = name_of(path);
    if (!name) return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&lock);
    if (strncmp(name, "fail=", 5) == 0) {
        aim(name + 5);
        pthread_mutex_unlock(&lock);
        return refuse(ENOENT);
    }
    int none = 0, error = of_database(name) ? fault(flags & O_CREAT, 0, &none) : 0;
    int fresh = *name && (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    int fd = error ? refuse(error) : (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= DESCRIPTORS) abort();
    if (fd >= 0) {
        watched[fd] = *name ? known(fd, name, fresh) : FOLDER;
        if (*name && (flags & O_TRUNC) && !fresh) note(CUT, watched[fd], 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

/* `offset` below 0: at the descriptor's own place, which then moves. */
static ssize_t write_any(int fd, const void *data, size_t bytes, off_t offset) {
    int file = file_of(fd);
    if (file <= 0) {
        if (offset < 0) return syscall(SYS_write, fd, data, bytes);
        return syscall(SYS_pwrite64, fd, data, bytes, offset);
    }
    pthread_mutex_lock(&lock);
    int half = 0, error = files[file].database ? fault(1, 1, &half) : 0;
    if (half) bytes = bytes > 1 ? bytes / 2 : bytes;
    off_t place = offset;
    if (offset < 0) {
        struct stat about;
        int appends = fcntl(fd, F_GETFL) & O_APPEND;
        place = appends && fstat(fd, &about) == 0 ? about.st_size : lseek(fd, 0, SEEK_CUR);
    }
    ssize_t done = error        ? refuse(error)
                   : offset < 0 ? syscall(SYS_write, fd, data, bytes)
                                : syscall(SYS_pwrite64, fd, data, bytes, offset);
    if (done > 0) note(WRITTEN, file, place, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t read_any(int fd, void *data, size_t bytes, off_t offset) {
    int file = file_of(fd);
    if (file > 0 && files[file].database && fail_at) {
        pthread_mutex_lock(&lock);
        int none = 0, error = fault(0, 0, &none);
        pthread_mutex_unlock(&lock);
        if (error) return refuse(error);
    }
    if (offset < 0) return syscall(SYS_read, fd, data, bytes);
    return syscall(SYS_pread64, fd, data, bytes, offset);
}

static int cut_any(int fd, off_t length) {
    int file = file_of(fd);
    if (file <= 0) return syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int none = 0, error = files[file].database ? fault(1, 0, &none) : 0;
    int done = error ? refuse(error) : (int)syscall(SYS_ftruncate, fd, length);
    if (done == 0) note(CUT, file, length, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

static int flush_any(long call, int fd) {
    int file = file_of(fd);
    if (!file) return syscall(call, fd);
    pthread_mutex_lock(&lock);
    int none = 0, error = file > 0 && files[file].database ? fault(1, 0, &none) : 0;
    uint64_t covers = position;
    if (error) note(NOT_FLUSHED, file, covers, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (error) return refuse(error);
    if (lies) return 0;
    /* The lock is not held meanwhile: what is written during a flush is not covered by it. */
    int done = 0;
    if (sync_us < 0) done = syscall(call, fd);
    else if (sync_us > 0) usleep(sync_us);
    pthread_mutex_lock(&lock);
    if (done == 0) note(file > 0 ? FLUSHED : FOLDER_FLUSHED, file > 0 ? file : 0, covers, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return open_any(at, path, flags, mode);
}
int open64(const char *, int, ...) __attribute__((alias("open")));
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));
int creat(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *, mode_t) __attribute__((alias("creat")));

ssize_t write(int fd, const void *data, size_t bytes) { return write_any(fd, data, bytes, -1); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at) { return write_any(fd, data, bytes, at); }
ssize_t pwrite(int, const void *, size_t, off_t) __attribute__((alias("pwrite64")));
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (file_of(fd) <= 0) return syscall(SYS_writev, fd, parts, (long)count);
    ssize_t sum = 0;
    for (int at = 0; at < count; at++) {
        ssize_t done = write_any(fd, parts[at].iov_base, parts[at].iov_len, -1);
        if (done < 0) return sum ? sum : done;
        sum += done;
        if ((size_t)done < parts[at].iov_len) break;
    }
    return sum;
}
ssize_t read(int fd, void *data, size_t bytes) { return read_any(fd, data, bytes, -1); }
ssize_t pread64(int fd, void *data, size_t bytes, off64_t at) { return read_any(fd, data, bytes, at); }
ssize_t pread(int, void *, size_t, off_t) __attribute__((alias("pread64")));

int ftruncate64(int fd, off64_t length) { return cut_any(fd, length); }
int ftruncate(int, off_t) __attribute__((alias("ftruncate64")));
int fsync(int fd) { return flush_any(SYS_fsync, fd); }
int fdatasync(int fd) { return flush_any(SYS_fdatasync, fd); }

int unlink(const char *path) {
    const char *name = name_of(path);
    if (!name) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&lock);
    int none = 0, error = of_database(name) ? fault(0, 0, &none) : 0;
    int done = error ? refuse(error) : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (done == 0) note(UNLINKED, 0, 0, name, strlen(name));
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *from, const char *to) {
    const char *old = name_of(from), *new = name_of(to);
    if (!old || !new) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0L);
    pthread_mutex_lock(&lock);
    int none = 0, error = of_database(old) || of_database(new) ? fault(0, 0, &none) : 0;
    int done = error ? refuse(error) : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0L);
    char both[8192];
    int bytes = snprintf(both, sizeof both, "%s%c%s", old, 0, new);
    if (done == 0) note(RENAMED, 0, 0, both, bytes);
    pthread_mutex_unlock(&lock);
    return done;
}

int close(int fd) {
    /* Before it is closed: the number may be given out again at once. */
    if (file_of(fd)) watched[fd] = 0;
    return syscall(SYS_close, fd);
}

void *mmap64(void *place, size_t bytes, int protection, int flags, int fd, off64_t at) {
    void *mapped = (void *)syscall(SYS_mmap, place, bytes, protection, flags, fd, at);
    int file = file_of(fd);
    if (file > 0 && mapped != MAP_FAILED) {
        pthread_mutex_lock(&lock);
        int writes = (flags & MAP_SHARED) && (protection & PROT_WRITE);
        note(MAPPED, file, writes, files[file].name, strlen(files[file].name));
        pthread_mutex_unlock(&lock);
    }
    return mapped;
}
void *mmap(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap64")));
