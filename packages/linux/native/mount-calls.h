/* The mount system calls of Linux 5.2 and 5.12, by number, because a C library may not know them. */
#ifndef GANTRY_MOUNT_CALLS_H
#define GANTRY_MOUNT_CALLS_H

#include <stdint.h>

#include "wire.h"

enum {
    ATTRIBUTE_RDONLY = 0x1,
    ATTRIBUTE_NOSUID = 0x2,
    ATTRIBUTE_NODEV = 0x4,
    ATTRIBUTE_NOEXEC = 0x8,
    ATTRIBUTE_NOATIME = 0x10,
    ATTRIBUTE_STRICTATIME = 0x20,
    ATTRIBUTE_ATIME_MASK = 0x70,
    ATTRIBUTE_NODIRATIME = 0x80,
    ATTRIBUTE_NOSYMFOLLOW = 0x200000,
};
enum { TREE_CLONE = 1, MOVE_FROM_EMPTY = 0x4, MOVE_TO_SYMLINKS = 0x10 };

struct mount_attributes {
    uint64_t set, clear, propagation, userns_fd;
};

int call_open_tree(int directory, const char *path, unsigned flags);
int call_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int call_mount_setattr(int directory, const char *path, unsigned flags, struct mount_attributes *change);
/* mount(2) for data of any length, given to the kernel option by option. 0, or an errno. */
int mount_by_configuration(const char *source, const char *target, const char *type, unsigned long flags,
                           const struct text *data);

#endif
