#define _GNU_SOURCE
#include "mount-calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Equal on every architecture. */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_FSOPEN = 430,
    NR_FSCONFIG = 431,
    NR_FSMOUNT = 432,
    NR_MOUNT_SETATTR = 442,
};
enum { CONFIG_SET_FLAG = 0, CONFIG_SET_STRING = 1, CONFIG_CREATE = 6, CONFIG_CLOEXEC = 1 };

int call_open_tree(int directory, const char *path, unsigned flags) {
    return (int)syscall(NR_OPEN_TREE, directory, path, flags);
}

int call_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(NR_MOVE_MOUNT, from, from_path, to, to_path, flags);
}

int call_mount_setattr(int directory, const char *path, unsigned flags, struct mount_attributes *change) {
    return (int)syscall(NR_MOUNT_SETATTR, directory, path, flags, change, sizeof *change);
}

/* A value may have 255 bytes; a longer path is given by a descriptor's short name. */
static int set_string(int context, const char *key, const char *value) {
    char name[32];
    int fd = -1;
    if (strlen(value) > 255) {
        if ((fd = open(value, O_PATH | O_CLOEXEC)) < 0) return -1;
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        value = name;
    }
    int result = (int)syscall(NR_FSCONFIG, context, CONFIG_SET_STRING, key, value, 0);
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return result;
}

/* Cuts the text at the next separator that no backslash protects; the backslash before a separator goes. */
static char *cut(char **rest, char separator) {
    char *start = *rest, *to = start, *from = start;
    if (!start) return NULL;
    for (; *from && *from != separator; *to++ = *from++)
        if (from[0] == '\\' && from[1] == separator) from++;
    *rest = *from ? from + 1 : NULL;
    *to = 0;
    return start;
}

/* overlay splits `lowerdir` itself, at most a page of it; `lowerdir+` takes one layer at a time. */
static int set_layers(int context, char *layers) {
    for (char *layer; (layer = cut(&layers, ':'));)
        if (set_string(context, "lowerdir+", layer) < 0) return -1;
    return 0;
}

static int set_options(int context, const char *type, char *options) {
    for (char *option; (option = cut(&options, ','));) {
        char *value = strchr(option, '=');
        if (value) *value++ = 0;
        int result;
        if (!*option) continue;
        if (value && !strcmp(type, "overlay") && !strcmp(option, "lowerdir")) result = set_layers(context, value);
        else if (value) result = set_string(context, option, value);
        else result = (int)syscall(NR_FSCONFIG, context, CONFIG_SET_FLAG, option, NULL, 0);
        if (result < 0) return -1;
    }
    return 0;
}

/* mount(2) makes both read-only, the mount and the file system. */
static int set_read_only(int context, unsigned long flags) {
    return flags & MS_RDONLY ? (int)syscall(NR_FSCONFIG, context, CONFIG_SET_FLAG, "ro", NULL, 0) : 0;
}

static unsigned mount_attribute_bits(unsigned long flags) {
    unsigned bits = 0;
    if (flags & MS_RDONLY) bits |= ATTRIBUTE_RDONLY;
    if (flags & MS_NOSUID) bits |= ATTRIBUTE_NOSUID;
    if (flags & MS_NODEV) bits |= ATTRIBUTE_NODEV;
    if (flags & MS_NOEXEC) bits |= ATTRIBUTE_NOEXEC;
    if (flags & MS_NOATIME) bits |= ATTRIBUTE_NOATIME;
    if (flags & MS_NODIRATIME) bits |= ATTRIBUTE_NODIRATIME;
    return bits;
}

int mount_by_configuration(const char *source, const char *target, const char *type, unsigned long flags,
                           const struct text *data) {
    int mounted = -1, result = -1;
    char *options = strndup(data->at, data->length);
    int context = (int)syscall(NR_FSOPEN, type, CONFIG_CLOEXEC);
    if (options && context >= 0 && set_string(context, "source", source) == 0 && set_read_only(context, flags) == 0 &&
        set_options(context, type, options) == 0 && syscall(NR_FSCONFIG, context, CONFIG_CREATE, NULL, NULL, 0) == 0 &&
        (mounted = (int)syscall(NR_FSMOUNT, context, CONFIG_CLOEXEC, mount_attribute_bits(flags))) >= 0)
        result = call_move_mount(mounted, "", AT_FDCWD, target, MOVE_FROM_EMPTY | MOVE_TO_SYMLINKS);
    int error = errno;
    free(options);
    if (context >= 0) close(context);
    if (mounted >= 0) close(mounted);
    return result < 0 ? error : 0;
}
