/*
 * tree-write ROOT: performs the operations that it reads from stdin beneath ROOT, and nowhere else, whatever the paths and
 * links are. It answers with one `R` frame when the root is open, and at the end with `K` (done, on the disk) or with `E`
 * (the operation that failed; nothing after it was done).
 *
 * Frames: D directory, F file (its bytes follow the frame), S symlink, L hard link, N node, R remove, C clear, E end.
 */
#define _GNU_SOURCE
#include "tools.h"
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

struct xattr {
    const char *name;
    const unsigned char *value;
    uint32_t size;
};

struct metadata {
    uint32_t mode, uid, gid, xattr_count;
    struct timespec mtime;
    struct xattr *xattrs;
};

/* A directory's time is set when nothing more is written into it. */
struct directory_time {
    char *path;
    dev_t device;
    ino_t inode;
    struct timespec mtime;
};

static int root;
static struct tree_input input;
static struct directory_time *times;
static size_t time_count, time_capacity;
/* The parent of the last operation; stale once something that may lie on its path was removed. */
static int parent_fd = -1;
static char *parent_path;
static bool parent_stale;

static struct metadata read_metadata(struct tree_frame *frame) {
    static struct xattr *xattrs;
    static uint32_t capacity;
    struct metadata meta = {0};
    meta.mode = tree_u32(frame);
    meta.uid = tree_u32(frame);
    meta.gid = tree_u32(frame);
    meta.mtime.tv_sec = (time_t)tree_u64(frame);
    meta.mtime.tv_nsec = tree_u32(frame);
    meta.xattr_count = tree_u32(frame);
    if (meta.xattr_count > frame->size) frame->bad = true;
    if (frame->bad) return meta;
    if (meta.xattr_count > capacity) {
        capacity = meta.xattr_count;
        if (!(xattrs = realloc(xattrs, capacity * sizeof *xattrs))) _exit(3);
    }
    for (uint32_t i = 0; i < meta.xattr_count; i++) {
        xattrs[i].name = tree_string(frame);
        xattrs[i].size = tree_u32(frame);
        xattrs[i].value = tree_bytes(frame, xattrs[i].size);
    }
    meta.xattrs = xattrs;
    return meta;
}

static bool valid_path(const char *path) {
    if (!*path) return true;
    for (const char *at = path;; at++) {
        size_t length = strcspn(at, "/");
        if (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && !strncmp(at, "..", 2))) return false;
        at += length;
        if (!*at) return true;
    }
}

/* The path of a directory without links; `path`, as it was asked for, where the real one is too long to be told. */
static char *real_path(int fd, const char *path) {
    char base[PATH_MAX], full[PATH_MAX];
    ssize_t base_length = readlink(tree_self(root), base, sizeof base);
    ssize_t length = readlink(tree_self(fd), full, sizeof full - 1);
    if (base_length == 1) base_length = 0;
    if (base_length < 0 || length < base_length || length == sizeof full - 1) return strdup(path);
    full[length] = 0;
    return strdup(full + base_length + (full[base_length] == '/'));
}

static int remember_time(const char *path, int fd, const struct timespec *mtime) {
    struct stat status;
    if (fstat(fd, &status)) return errno;
    if (time_count == time_capacity) {
        time_capacity = time_capacity * 2 + 256;
        if (!(times = realloc(times, time_capacity * sizeof *times))) return ENOMEM;
    }
    char *real = real_path(fd, path);
    if (!real) return ENOMEM;
    struct timespec time = mtime ? *mtime : status.st_mtim;
    times[time_count++] = (struct directory_time){real, status.st_dev, status.st_ino, time};
    return 0;
}

/* Makes one missing directory of a path; `name` may be a link to nothing, whose target is made then. */
static int make_parent(const char *path, int depth);

static int open_or_make(const char *path, int depth) {
    int fd = tree_open(root, path, O_PATH | O_DIRECTORY);
    if (fd >= 0 || errno != ENOENT) return fd;
    return make_parent(path, depth);
}

static int follow_dangling(int up, const char *base, const char *name, int depth) {
    char target[PATH_MAX], path[2 * PATH_MAX + 2];
    ssize_t length = readlinkat(up, name, target, sizeof target - 1);
    if (length <= 0) {
        errno = ENOENT;
        return -1;
    }
    target[length] = 0;
    if (target[0] == '/') strcpy(path, target + strspn(target, "/"));
    else snprintf(path, sizeof path, "%s%s%s", base, *base ? "/" : "", target);
    for (size_t end = strlen(path); end && path[end - 1] == '/';) path[--end] = 0;
    return open_or_make(path, depth + 1);
}

static int make_parent(const char *path, int depth) {
    char base[PATH_MAX];
    if (depth > 40 || strlen(path) >= sizeof base) {
        errno = depth > 40 ? ELOOP : ENAMETOOLONG;
        return -1;
    }
    strcpy(base, path);
    char *slash = strrchr(base, '/');
    const char *name = path + (slash ? slash - base + 1 : 0);
    if (slash) *slash = 0;
    else base[0] = 0;
    int up = open_or_make(base, depth);
    if (up < 0) return -1;
    int fd = -1;
    if (!mkdirat(up, name, 0755)) {
        fd = openat(up, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        /* Its time is remembered too: its inode may be that of a removed directory, whose time is not meant for it. */
        if (fd >= 0 && (fchown(fd, 0, 0) || fchmod(fd, 0755) || (errno = remember_time(path, fd, NULL)))) {
            int error = errno;
            close(fd);
            errno = error;
            fd = -1;
        }
    } else if (errno == EEXIST) {
        fd = follow_dangling(up, base, name, depth);
    }
    int error = errno;
    close(up);
    errno = error;
    return fd;
}

/* The directory that holds an entry, and the entry's name in it. The descriptor stays valid until the next call. */
static int open_parent(const char *path, const char **name, bool make) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    *name = slash ? slash + 1 : path;
    if (!length) return root;
    if (!parent_stale && parent_fd >= 0 && strlen(parent_path) == length && !strncmp(parent_path, path, length))
        return parent_fd;
    if (parent_fd >= 0) close(parent_fd);
    free(parent_path);
    parent_path = strndup(path, length);
    parent_stale = false;
    parent_fd = make ? open_or_make(parent_path, 0) : tree_open(root, parent_path, O_PATH | O_DIRECTORY);
    return parent_fd;
}

static int replace(int parent, const char *name) {
    parent_stale = true;
    return tree_remove(parent, name);
}

static bool is_wanted(const char *name, const struct metadata *meta) {
    for (uint32_t i = 0; i < meta->xattr_count; i++)
        if (!strcmp(name, meta->xattrs[i].name)) return true;
    return tree_xattr_ignored(name);
}

/* Takes away what a directory had before, or what a parent's default ACL gave. */
static int remove_other_xattrs(int fd, bool by_path, const struct metadata *meta) {
    static char names[1 << 16];
    ssize_t size = by_path ? listxattr(tree_self(fd), names, sizeof names) : flistxattr(fd, names, sizeof names);
    if (size < 0) return errno == ENOTSUP ? 0 : errno;
    for (char *name = names; name < names + size; name += strlen(name) + 1) {
        if (is_wanted(name, meta)) continue;
        int failed = by_path ? removexattr(tree_self(fd), name) : fremovexattr(fd, name);
        if (failed && errno != ENODATA && errno != ENOTSUP) return errno;
    }
    return 0;
}

/* Owner first: chown takes setuid bits and file capabilities away. `by_path` for descriptors opened with O_PATH. */
static int apply_metadata(int fd, bool by_path, bool is_link, const struct metadata *meta) {
    if (meta->uid == UINT32_MAX || meta->gid == UINT32_MAX || meta->mode > 07777) return EINVAL;
    if (fchownat(fd, "", meta->uid, meta->gid, AT_EMPTY_PATH)) return errno;
    if (!is_link && (by_path ? chmod(tree_self(fd), meta->mode) : fchmod(fd, meta->mode))) return errno;
    int error = remove_other_xattrs(fd, by_path, meta);
    for (uint32_t i = 0; !error && i < meta->xattr_count; i++) {
        const struct xattr *x = &meta->xattrs[i];
        if (by_path ? setxattr(tree_self(fd), x->name, x->value, x->size, 0)
                    : fsetxattr(fd, x->name, x->value, x->size, 0))
            error = errno;
    }
    return error;
}

static int set_mtime(int fd, bool by_path, struct timespec mtime) {
    struct timespec both[2] = {mtime, mtime};
    return (by_path ? utimensat(AT_FDCWD, tree_self(fd), both, 0) : futimens(fd, both)) ? errno : 0;
}

static int make_directory(const char *path, const struct metadata *meta) {
    int fd;
    if (!*path) {
        fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } else {
        const char *name;
        int parent = open_parent(path, &name, true);
        if (parent < 0) return errno;
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            int error = errno == ENOTDIR || errno == ELOOP ? replace(parent, name) : errno == ENOENT ? 0 : errno;
            if (error) return error;
            if (mkdirat(parent, name, 0700)) return errno;
            fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
    }
    if (fd < 0) return errno;
    int error = apply_metadata(fd, false, false, meta);
    if (!error) error = remember_time(path, fd, &meta->mtime);
    close(fd);
    return error;
}

static int copy_content(int fd, uint64_t size) {
    while (size) {
        unsigned char *bytes;
        size_t count = tree_bytes_read(&input, &bytes, size < SSIZE_MAX ? (size_t)size : SSIZE_MAX);
        /* The client went away: nothing can be reported to it. */
        if (!count) _exit(2);
        size -= count;
        for (size_t done = 0; done < count;) {
            ssize_t written = write(fd, bytes + done, count - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return errno;
            done += (size_t)written;
        }
    }
    return 0;
}

static int make_file(const char *path, const struct metadata *meta, uint64_t size) {
    const char *name;
    int parent = open_parent(path, &name, true);
    if (parent < 0) return errno;
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags, 0600);
    if (fd < 0 && errno == EEXIST) {
        int error = replace(parent, name);
        if (error) return error;
        fd = openat(parent, name, flags, 0600);
    }
    if (fd < 0) return errno;
    int error = copy_content(fd, size);
    if (!error) error = apply_metadata(fd, false, false, meta);
    if (!error) error = set_mtime(fd, false, meta->mtime);
    if (close(fd) && !error) error = errno;
    return error;
}

/* A symlink when `target` is given, else a node of `type`. */
static int make_special(const char *path, const struct metadata *meta, const char *target, mode_t type, dev_t device) {
    const char *name;
    int parent = open_parent(path, &name, true);
    if (parent < 0) return errno;
    for (bool again = false;; again = true) {
        if (!(target ? symlinkat(target, parent, name) : mknodat(parent, name, type | 0600, device))) break;
        if (errno != EEXIST || again) return errno;
        int error = replace(parent, name);
        if (error) return error;
    }
    int fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (fd < 0) return errno;
    int error = fstat(fd, &status) ? errno : (status.st_mode & S_IFMT) != (target ? S_IFLNK : type) ? EBUSY : 0;
    if (!error) error = apply_metadata(fd, true, target != NULL, meta);
    if (!error) error = set_mtime(fd, true, meta->mtime);
    close(fd);
    return error;
}

static int make_hard_link(const char *path, const char *existing) {
    const char *name, *source;
    struct stat status;
    int parent = open_parent(existing, &source, false);
    if (parent < 0) return errno;
    int from = fcntl(parent, F_DUPFD_CLOEXEC, 0);
    if (from < 0) return errno;
    int error = fstatat(from, source, &status, AT_SYMLINK_NOFOLLOW) ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
    if (!error && (parent = open_parent(path, &name, true)) < 0) error = errno;
    if (!error && linkat(from, source, parent, name, 0)) {
        error = errno;
        struct stat present;
        if (error == EEXIST && !fstatat(parent, name, &present, AT_SYMLINK_NOFOLLOW)) {
            bool same = present.st_dev == status.st_dev && present.st_ino == status.st_ino;
            error = same ? 0 : replace(parent, name);
            /* ENOENT now: the link was to be made in a directory that its own source lay in. */
            if (!same && !error && linkat(from, source, parent, name, 0)) error = errno;
        }
    }
    close(from);
    return error;
}

static int remove_path(const char *path) {
    const char *name;
    int parent = open_parent(path, &name, false);
    if (parent < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    return replace(parent, name);
}

static int clear_path(const char *path) {
    int fd = tree_open(root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    parent_stale = true;
    return tree_clear(fd);
}

static int perform(struct tree_frame *frame, const char **path) {
    *path = tree_string(frame);
    struct metadata meta = {0};
    if (strchr("DFSN", frame->kind)) meta = read_metadata(frame);
    const char *other = strchr("SL", frame->kind) ? tree_string(frame) : "";
    uint64_t size = frame->kind == 'F' ? tree_u64(frame) : 0;
    uint32_t type = 0, major = 0, minor = 0;
    if (frame->kind == 'N') {
        type = tree_u32(frame);
        major = tree_u32(frame);
        minor = tree_u32(frame);
    }
    if (frame->bad || !valid_path(*path)) return EINVAL;
    if (!**path && !strchr("DC", frame->kind)) return EINVAL;
    switch (frame->kind) {
    case 'D': return make_directory(*path, &meta);
    case 'F': return make_file(*path, &meta, size);
    case 'S': return make_special(*path, &meta, other, 0, 0);
    case 'L': return valid_path(other) && *other ? make_hard_link(*path, other) : EINVAL;
    case 'N': return make_special(*path, &meta, NULL, type, makedev(major, minor));
    case 'R': return remove_path(*path);
    case 'C': return clear_path(*path);
    default: return EINVAL;
    }
}

static int finish(const char **path) {
    for (size_t i = 0; i < time_count; i++) {
        struct stat status;
        *path = times[i].path;
        int fd = tree_open(root, times[i].path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        if (fd < 0) continue;
        /* Replaced since then: not the directory that the time was meant for. */
        bool same = !fstat(fd, &status) && status.st_dev == times[i].device && status.st_ino == times[i].inode;
        int error = same ? set_mtime(fd, true, times[i].mtime) : 0;
        close(fd);
        if (error) return error;
    }
    *path = "";
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd)) return errno;
    close(fd);
    return 0;
}

static void put_status(unsigned char kind) {
    tree_begin(kind);
    tree_end();
    tree_flush();
}

int tree_write_main(int argc, char **argv) {
    struct tree_frame frame = {0};
    const char *path = "";
    umask(0);
    tree_raise_limits();
    root = argc == 2 ? open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC) : (errno = EINVAL, -1);
    int error = root < 0 ? errno : 0;
    if (!error) put_status('R');
    for (uint64_t index = 0;; index++) {
        if (error) {
            tree_put_error(error, index, path);
            return 1;
        }
        if (!tree_frame_read(&input, &frame)) return 2;
        if (frame.kind == 'E') break;
        error = perform(&frame, &path);
    }
    if ((error = finish(&path))) tree_put_error(error, 0, path);
    else put_status('K');
    return error ? 1 : 0;
}
