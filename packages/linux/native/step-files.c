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

/* Replaces a path by where the link at its end leads; an absolute target begins at this process's root. */
static int follow_link(char path[PATH_MAX]) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0) return errno;
    char *slash = strrchr(path, '/');
    size_t kept = target[0] == '/' || !slash ? 0 : (size_t)(slash + 1 - path);
    if (kept + (size_t)length >= PATH_MAX) return ENAMETOOLONG;
    memcpy(path + kept, target, (size_t)length);
    path[kept + (size_t)length] = 0;
    return 0;
}

/* How many links may lead on from one another to something that is missing, as the kernel counts them. */
enum { LINK_MAXIMUM = 40 };

static int make_path(const char *path, mode_t mode, uid_t uid, gid_t gid, int links);

static int make_one(const char *path, mode_t mode, uid_t uid, gid_t gid, int links) {
    char end[PATH_MAX];
    if (mkdir(path, 0700) == 0) return own(path, mode, uid, gid);
    if (errno != EEXIST) return errno;
    if (is_directory(path)) return 0;
    if (access(path, F_OK) == 0) return ENOTDIR;
    if (errno != ENOENT) return errno;
    if (links == LINK_MAXIMUM) return ELOOP;
    strcpy(end, path);
    int error = follow_link(end);
    return error ? error : make_path(end, mode, uid, gid, links + 1);
}

static int make_path(const char *path, mode_t mode, uid_t uid, gid_t gid, int links) {
    char copy[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof copy) return ENAMETOOLONG;
    if (is_directory(path)) return 0;
    memcpy(copy, path, length + 1);
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (!slash[1]) break;
        *slash = 0;
        int error = make_one(copy, 0755, 0, 0, links);
        if (error) return error;
        *slash = '/';
    }
    return make_one(path, mode, uid, gid, links);
}

int make_directories(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    return make_path(path, mode, uid, gid, 0);
}

static int make_parents(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) return 0;
    *slash = 0;
    int error = make_directories(path, 0755, 0, 0);
    *slash = '/';
    return error;
}

int make_mount_point(const char *path, mode_t like) {
    char end[PATH_MAX];
    struct stat status;
    if (S_ISDIR(like)) return make_directories(path, 0755, 0, 0);
    if (access(path, F_OK) == 0) return 0;
    if (errno != ENOENT && errno != ENOTDIR) return errno;
    if (strlen(path) >= sizeof end) return ENAMETOOLONG;
    strcpy(end, path);
    for (int links = 0;; links++) {
        int error = make_parents(end);
        if (error) return error;
        if (lstat(end, &status) < 0 || !S_ISLNK(status.st_mode)) break;
        error = links == LINK_MAXIMUM ? ELOOP : follow_link(end);
        if (error) return error;
    }
    int fd = open(end, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
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
