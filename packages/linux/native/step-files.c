/* Steps that make and write files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "steps.h"

static int is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Exact mode and owner, whatever the umask was. */
static int own(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    TRY(lchown(path, uid, gid));
    TRY(chmod(path, mode & 07777));
    return 0;
}

static int make_one(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    if (mkdir(path, 0700) == 0) return own(path, mode, uid, gid);
    if (errno != EEXIST) return errno;
    return is_directory(path) ? 0 : ENOTDIR;
}

int make_directories(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    char copy[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof copy) return ENAMETOOLONG;
    if (is_directory(path)) return 0;
    memcpy(copy, path, length + 1);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (!slash[1]) break;
        *slash = 0;
        int error = make_one(copy, 0755, 0, 0);
        if (error) return error;
        *slash = '/';
    }
    return make_one(path, mode, uid, gid);
}

int make_mount_point(const char *path, mode_t like) {
    char parent[PATH_MAX];
    if (S_ISDIR(like)) return make_directories(path, 0755, 0, 0);
    if (access(path, F_OK) == 0) return 0;
    const char *slash = strrchr(path, '/');
    if (slash && slash != path) {
        int length = snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        if (length >= (int)sizeof parent) return ENAMETOOLONG;
        int error = make_directories(parent, 0755, 0, 0);
        if (error) return error;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (fd < 0) return errno;
    close(fd);
    return 0;
}

int step_make_directory(struct runner *runner, const struct step *step) {
    (void)runner;
    const uint64_t *n = step->number;
    return make_directories(step->text[0].at, (mode_t)n[0], (uid_t)n[1], (gid_t)n[2]);
}

int step_symlink(struct runner *runner, const struct step *step) {
    (void)runner;
    char present[PATH_MAX];
    const struct text *target = &step->text[0];
    const char *path = step->text[1].at;
    if (symlink(target->at, path) == 0) return 0;
    int error = errno;
    ssize_t length = error == EEXIST ? readlink(path, present, sizeof present) : -1;
    return length == (ssize_t)target->length && !memcmp(present, target->at, target->length) ? 0 : error;
}

int step_make_node(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *path = step->text[0].at;
    const uint64_t *n = step->number;
    mode_t mode = (mode_t)n[0];
    dev_t device = makedev((unsigned)n[1], (unsigned)n[2]);
    struct stat status;
    if (mknod(path, mode & (S_IFMT | 0600), device) == 0) return own(path, mode, (uid_t)n[3], (gid_t)n[4]);
    int error = errno;
    if (error != EEXIST || lstat(path, &status) < 0) return error;
    int same = (status.st_mode & S_IFMT) == (mode & S_IFMT);
    if (S_ISCHR(mode) || S_ISBLK(mode)) same = same && status.st_rdev == device;
    return same ? 0 : error;
}

static int write_whole(const char *path, const struct text *data) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return errno;
    ssize_t n = write(fd, data->at, data->length);
    int error = n < 0 ? errno : n != (ssize_t)data->length ? EIO : 0;
    close(fd);
    return error;
}

int step_write_file(struct runner *runner, const struct step *step) {
    (void)runner;
    return write_whole(step->text[0].at, &step->text[1]);
}

int step_write_child(struct runner *runner, const struct step *step) {
    char path[NAME_MAX + 32];
    if (runner->child <= 0 || strchr(step->text[0].at, '/') || step->text[0].length > NAME_MAX) return EINVAL;
    snprintf(path, sizeof path, "/proc/%d/%s", runner->child, step->text[0].at);
    return write_whole(path, &step->text[1]);
}

int step_change_directory(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *path = step->text[0].at;
    char present[PATH_MAX];
    if (chdir(path) < 0) {
        if (errno != ENOENT || !(step->flags & STEP_FLAG)) return errno;
        int error = make_directories(path, 0755, (uid_t)step->number[0], (gid_t)step->number[1]);
        if (error) return error;
        TRY(chdir(path));
    }
    /* A path through /proc/self/fd may leave the root; the kernel then says "(unreachable)". */
    TRY(syscall(SYS_getcwd, present, sizeof present));
    return present[0] == '/' ? 0 : EPERM;
}
