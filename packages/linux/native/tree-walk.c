/*
 * tree-walk: answers requests that it reads from stdin, one after the other, until stdin ends. A request is a frame of
 * root and path: W walks a tree, L looks one entry up, R reads a file. An answer is any number of T (entry) or C (content)
 * frames, then Z (done) or E (errno, 0, path).
 */
#define _GNU_SOURCE
#include "tools.h"
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct tree_input input;

/* The path of the entry at hand, grown and cut as the walk goes. */
static char *path;
static size_t path_size, path_capacity;

static void path_append(const char *name) {
    size_t length = strlen(name);
    if (path_size + length + 2 > path_capacity) {
        path_capacity = (path_size + length) * 2 + PATH_MAX;
        if (!(path = realloc(path, path_capacity))) _exit(3);
    }
    if (path_size && length) path[path_size++] = '/';
    memcpy(path + path_size, name, length + 1);
    path_size += length;
}

static void path_cut(size_t size) {
    path_size = size;
    path[size] = 0;
}

/* Where an entry's attributes are read: a name in the current directory, or a magic link that is followed once. */
struct place {
    const char *name;
    bool follow;
};

/* Name and value pairs until the frame ends. An attribute that vanishes meanwhile is left out. */
static void put_xattrs(struct place at) {
    static char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
    ssize_t size = (at.follow ? listxattr : llistxattr)(at.name, names, sizeof names);
    for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        if (tree_xattr_ignored(name)) continue;
        ssize_t length = (at.follow ? getxattr : lgetxattr)(at.name, name, value, sizeof value);
        if (length < 0) continue;
        tree_put_string(name, strlen(name));
        tree_put_u32((uint32_t)length);
        tree_put(value, (size_t)length);
    }
}

static void put_entry(const struct stat *status, struct place at, const char *target) {
    tree_begin('T');
    tree_put_u32(status->st_mode);
    tree_put_u32(status->st_uid);
    tree_put_u32(status->st_gid);
    tree_put_u32((uint32_t)status->st_nlink);
    tree_put_u64((uint64_t)status->st_size);
    tree_put_u64((uint64_t)status->st_mtim.tv_sec);
    tree_put_u64((uint64_t)status->st_ctim.tv_sec);
    tree_put_u32((uint32_t)status->st_mtim.tv_nsec);
    tree_put_u32((uint32_t)status->st_ctim.tv_nsec);
    tree_put_u64(status->st_dev);
    tree_put_u64(status->st_ino);
    tree_put_u32(major(status->st_rdev));
    tree_put_u32(minor(status->st_rdev));
    tree_put_string(path, path_size);
    tree_put_string(target, strlen(target));
    put_xattrs(at);
    tree_end();
}

/* The target of a symlink; false when it is no symlink any more. */
static bool read_target(int parent, const char *name, char target[PATH_MAX]) {
    ssize_t length = readlinkat(parent, name, target, PATH_MAX - 1);
    if (length < 0) return false;
    target[length] = 0;
    return true;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char **sorted_names(DIR *entries, size_t *count) {
    size_t capacity = 0;
    char **names = NULL;
    struct dirent *entry;
    *count = 0;
    while ((entry = readdir(entries))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        if (*count == capacity) {
            capacity = capacity * 2 + 16;
            if (!(names = realloc(names, capacity * sizeof *names))) _exit(3);
        }
        if (!(names[(*count)++] = strdup(entry->d_name))) _exit(3);
    }
    if (*count) qsort(names, *count, sizeof *names, compare_names);
    return names;
}

static int walk_directory(int fd);

/* What vanished meanwhile is left out. The current directory is the parent. */
static int walk_entry(int parent, const char *name) {
    struct stat status;
    /* Not on the stack: a walk of a deep tree would exhaust it. */
    static char target[PATH_MAX];
    if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW)) return errno == ENOENT ? 0 : errno;
    if (!S_ISDIR(status.st_mode)) {
        target[0] = 0;
        if (S_ISLNK(status.st_mode) && !read_target(parent, name, target)) return 0;
        put_entry(&status, (struct place){.name = name}, target);
        return 0;
    }
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : errno;
    int error = walk_directory(fd);
    return error ? error : fchdir(parent) ? errno : 0;
}

/* Takes over the descriptor. Leaves the path as it is on an error, to be reported. */
static int walk_directory(int fd) {
    struct stat status;
    DIR *entries = fdopendir(fd);
    if (!entries || fstat(fd, &status) || fchdir(fd)) {
        int error = errno;
        entries ? closedir(entries) : close(fd);
        return error;
    }
    put_entry(&status, (struct place){.name = "."}, "");
    size_t count, size = path_size;
    int error = 0;
    char **names = sorted_names(entries, &count);
    for (size_t i = 0; i < count; i++) {
        if (!error) {
            path_append(names[i]);
            error = walk_entry(fd, names[i]);
            if (!error) path_cut(size);
        }
        free(names[i]);
    }
    free(names);
    closedir(entries);
    return error;
}

/* `fd` was opened with O_PATH, so it may be anything, a symlink too. */
static int look_up(int fd) {
    struct stat status;
    char target[PATH_MAX] = "";
    if (fstat(fd, &status)) return errno;
    if (S_ISLNK(status.st_mode) && !read_target(fd, "", target)) return errno;
    put_entry(&status, (struct place){.name = tree_self(fd), .follow = true}, target);
    return 0;
}

static int walk_tree(int fd) {
    int directory = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return errno == ENOTDIR ? look_up(fd) : errno;
    return walk_directory(directory);
}

/* Opened for reading only after it is known to be a regular file: opening a device may have effects. */
static int read_content(int fd) {
    static unsigned char chunk[1 << 16];
    struct stat status;
    if (fstat(fd, &status)) return errno;
    if (!S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    int file = open(tree_self(fd), O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    int error = 0;
    for (;;) {
        ssize_t count = read(file, chunk, sizeof chunk);
        if (count < 0) error = errno;
        if (count <= 0) break;
        tree_begin('C');
        tree_put(chunk, (size_t)count);
        tree_end();
    }
    close(file);
    return error;
}

static int answer(struct tree_frame *request, int *root) {
    const char *root_path = tree_string(request), *beneath = tree_string(request);
    path_cut(0);
    path_append(beneath);
    if (request->bad || !strchr("WLR", request->kind)) return EINVAL;
    *root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*root < 0) return errno;
    int fd = tree_open(*root, beneath, O_PATH | (request->kind == 'R' ? 0 : O_NOFOLLOW));
    if (fd < 0) return errno;
    int error = request->kind == 'W' ? walk_tree(fd) : request->kind == 'L' ? look_up(fd) : read_content(fd);
    close(fd);
    return error;
}

int tree_walk_main(int argc, char **argv) {
    struct tree_frame request = {0};
    (void)argc;
    (void)argv;
    tree_raise_limits();
    path_append("");
    while (tree_frame_read(&input, &request)) {
        int root = -1, error = answer(&request, &root);
        if (root >= 0) close(root);
        /* A walk leaves the tree when it is done, so that it can be unmounted. */
        if (chdir("/") && !error) error = errno;
        if (error) {
            tree_put_error(error, 0, path);
            continue;
        }
        tree_begin('Z');
        tree_end();
        tree_flush();
    }
    return 0;
}
