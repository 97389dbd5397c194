#define _GNU_SOURCE
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FRAME (64u << 20)

static size_t fill(struct tree_input *input) {
    if (input->start < input->end) return input->end - input->start;
    ssize_t count;
    do count = read(input->fd, input->buffer, sizeof input->buffer);
    while (count < 0 && errno == EINTR);
    input->start = 0;
    input->end = count > 0 ? (size_t)count : 0;
    return input->end;
}

size_t tree_bytes_read(struct tree_input *input, unsigned char **bytes, size_t size) {
    size_t available = fill(input);
    if (available > size) available = size;
    *bytes = input->buffer + input->start;
    input->start += available;
    return available;
}

static bool read_exactly(struct tree_input *input, void *target, size_t size) {
    for (size_t done = 0; done < size;) {
        unsigned char *bytes;
        size_t count = tree_bytes_read(input, &bytes, size - done);
        if (!count) return false;
        memcpy((char *)target + done, bytes, count);
        done += count;
    }
    return true;
}

bool tree_frame_read(struct tree_input *input, struct tree_frame *frame) {
    unsigned char head[5];
    uint32_t size;
    if (!read_exactly(input, head, sizeof head)) return false;
    memcpy(&size, head, 4);
    if (size > MAX_FRAME) return false;
    if (size > frame->capacity) {
        free(frame->body);
        frame->capacity = size;
        if (!(frame->body = malloc(size))) return false;
    }
    frame->kind = head[4];
    frame->size = size;
    frame->at = 0;
    frame->bad = false;
    return read_exactly(input, frame->body, size);
}

const unsigned char *tree_bytes(struct tree_frame *frame, size_t size) {
    if (frame->bad || size > frame->size - frame->at) {
        frame->bad = true;
        return NULL;
    }
    frame->at += size;
    return frame->body + frame->at - size;
}

uint32_t tree_u32(struct tree_frame *frame) {
    uint32_t value = 0;
    const unsigned char *bytes = tree_bytes(frame, sizeof value);
    if (bytes) memcpy(&value, bytes, sizeof value);
    return value;
}

uint64_t tree_u64(struct tree_frame *frame) {
    uint64_t value = 0;
    const unsigned char *bytes = tree_bytes(frame, sizeof value);
    if (bytes) memcpy(&value, bytes, sizeof value);
    return value;
}

const char *tree_string(struct tree_frame *frame) {
    size_t length = tree_u32(frame);
    const char *text = (const char *)tree_bytes(frame, length + 1);
    if (text && strnlen(text, length + 1) == length) return text;
    frame->bad = true;
    return "";
}

static unsigned char *out;
static size_t out_size, out_capacity, frame_start;

void tree_put(const void *bytes, size_t size) {
    if (out_size + size > out_capacity) {
        out_capacity = (out_size + size) * 2 + 4096;
        if (!(out = realloc(out, out_capacity))) _exit(3);
    }
    if (size) memcpy(out + out_size, bytes, size);
    out_size += size;
}

void tree_put_u32(uint32_t value) { tree_put(&value, sizeof value); }
void tree_put_u64(uint64_t value) { tree_put(&value, sizeof value); }

void tree_put_string(const char *text, size_t length) {
    tree_put_u32((uint32_t)length);
    tree_put(text, length);
    tree_put("", 1);
}

void tree_begin(unsigned char kind) {
    frame_start = out_size;
    tree_put_u32(0);
    tree_put(&kind, 1);
}

void tree_end(void) {
    uint32_t size = (uint32_t)(out_size - frame_start - 5);
    memcpy(out + frame_start, &size, sizeof size);
    if (out_size > (1 << 16)) tree_flush();
}

void tree_flush(void) {
    for (size_t done = 0; done < out_size;) {
        ssize_t count = write(1, out + done, out_size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) _exit(2);
        done += (size_t)count;
    }
    out_size = 0;
}

void tree_put_error(int error, uint64_t index, const char *path) {
    tree_begin('E');
    tree_put_u32((uint32_t)error);
    tree_put_u64(index);
    tree_put_string(path, strlen(path));
    tree_end();
    tree_flush();
}

int tree_open(int root, const char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    /* EAGAIN: a rename somewhere on the machine raced with a `..` in a link. */
    for (int attempt = 0; attempt < 64; attempt++) {
        int fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) return fd;
    }
    return -1;
}

const char *tree_self(int fd) {
    static char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

bool tree_xattr_ignored(const char *name) { return !strcmp(name, "security.selinux"); }

void tree_raise_limits(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int tree_clear(int directory) {
    DIR *entries = fdopendir(directory);
    if (!entries) {
        int error = errno;
        close(directory);
        return error;
    }
    int error = 0;
    struct dirent *entry;
    while (!error && (errno = 0, entry = readdir(entries))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        error = tree_remove(dirfd(entries), entry->d_name);
    }
    if (!error && !entry) error = errno;
    closedir(entries);
    return error;
}

int tree_remove(int parent, const char *name) {
    if (!unlinkat(parent, name, 0) || errno == ENOENT) return 0;
    if (errno != EISDIR) return errno;
    int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0) return errno == ENOENT ? 0 : errno;
    int error = tree_clear(directory);
    if (!error && unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT) error = errno;
    return error;
}
