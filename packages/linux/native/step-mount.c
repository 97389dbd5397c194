/* Steps that change the mount tree. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mount-calls.h"
#include "steps.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

static const struct {
    unsigned long flag;
    uint64_t attribute;
} attribute_flags[] = {
    {MS_RDONLY, ATTRIBUTE_RDONLY},         {MS_NOSUID, ATTRIBUTE_NOSUID},   {MS_NODEV, ATTRIBUTE_NODEV},
    {MS_NOEXEC, ATTRIBUTE_NOEXEC},         {MS_NOATIME, ATTRIBUTE_NOATIME}, {MS_NODIRATIME, ATTRIBUTE_NODIRATIME},
    {MS_STRICTATIME, ATTRIBUTE_STRICTATIME},
    {MS_NOSYMFOLLOW, ATTRIBUTE_NOSYMFOLLOW},
};
enum { ATTRIBUTE_FLAG_COUNT = sizeof attribute_flags / sizeof attribute_flags[0] };

static const unsigned long propagation_flags = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

/* For kernels before 5.12. statvfs reports the flags that a mount has in the same bits, but for relatime. */
static int add_flags_by_remount(const char *target, uint64_t attributes) {
    struct statvfs status;
    TRY(statvfs(target, &status));
    unsigned long flags = MS_REMOUNT | MS_BIND;
    flags |= status.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME);
    if (status.f_flag & ST_RELATIME) flags |= MS_RELATIME;
    for (unsigned i = 0; i < ATTRIBUTE_FLAG_COUNT; i++)
        if (attributes & attribute_flags[i].attribute) flags |= attribute_flags[i].flag;
    TRY(mount(NULL, target, NULL, flags, NULL));
    return 0;
}

static int add_attributes(const char *target, uint64_t attributes, int recursive) {
    if (!attributes) return 0;
    struct mount_attributes change = {.set = attributes};
    if (attributes & ATTRIBUTE_ATIME_MASK) change.clear = ATTRIBUTE_ATIME_MASK;
    if (call_mount_setattr(AT_FDCWD, target, recursive ? AT_RECURSIVE : 0, &change) == 0) return 0;
    return errno == ENOSYS ? add_flags_by_remount(target, attributes) : errno;
}

static int set_propagation(const char *target, unsigned long propagation, int recursive) {
    if (propagation) TRY(mount(NULL, target, NULL, propagation | (recursive ? MS_REC : 0), NULL));
    return 0;
}

int step_mount(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *source = step->text[0].at, *target = step->text[1].at, *type = step->text[2].at;
    const struct text *data = &step->text[3];
    unsigned long flags = (unsigned long)step->number[0];
    if (step->flags & STEP_FLAG) {
        int error = make_directories(target, 0755, 0, 0);
        if (error) return error;
    }
    /* mount(2) takes one page of data, which some forty overlay layers fill. */
    if (data->length >= (size_t)sysconf(_SC_PAGESIZE)) return mount_by_configuration(source, target, type, flags, data);
    TRY(mount(source, target, type, flags, data->length ? data->at : NULL));
    return 0;
}

int step_remount(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *target = step->text[0].at;
    unsigned long flags = (unsigned long)step->number[0];
    int recursive = (step->flags & STEP_FLAG) || (flags & MS_REC);
    uint64_t attributes = 0;
    for (unsigned i = 0; i < ATTRIBUTE_FLAG_COUNT; i++)
        if (flags & attribute_flags[i].flag) attributes |= attribute_flags[i].attribute;
    int error = add_attributes(target, attributes, recursive);
    return error ? error : set_propagation(target, flags & propagation_flags, recursive);
}

int step_unmount(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(umount2(step->text[0].at, (int)step->number[0]));
    return 0;
}

int step_open_tree(struct runner *runner, const struct step *step) {
    uint64_t slot = step->number[0];
    if (slot >= SLOT_COUNT || runner->slots[slot] >= 0) return EINVAL;
    unsigned flags = TREE_CLONE | O_CLOEXEC | (step->flags & STEP_FLAG ? AT_RECURSIVE : 0);
    TRY(runner->slots[slot] = call_open_tree(AT_FDCWD, step->text[0].at, flags));
    return 0;
}

int step_move_mount(struct runner *runner, const struct step *step) {
    uint64_t slot = step->number[0];
    const char *target = step->text[0].at;
    int recursive = step->flags & STEP_FLAG;
    struct stat status;
    if (slot >= SLOT_COUNT || runner->slots[slot] < 0) return EINVAL;
    int fd = runner->slots[slot];
    TRY(fstat(fd, &status));
    int error = make_mount_point(target, status.st_mode);
    if (error) return error;
    TRY(call_move_mount(fd, "", AT_FDCWD, target, MOVE_FROM_EMPTY | MOVE_TO_SYMLINKS));
    close(fd);
    runner->slots[slot] = -1;
    error = add_attributes(target, step->number[1], recursive);
    return error ? error : set_propagation(target, (unsigned long)step->number[2], recursive);
}

int step_bind(struct runner *runner, const struct step *step) {
    (void)runner;
    struct stat status;
    TRY(stat(step->text[0].at, &status));
    int error = make_mount_point(step->text[1].at, status.st_mode);
    if (error) return error;
    TRY(mount(step->text[0].at, step->text[1].at, NULL, MS_BIND | MS_REC, NULL));
    return 0;
}

int step_mask(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *path = step->text[0].at;
    struct stat status;
    if (stat(path, &status) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    if (S_ISDIR(status.st_mode)) TRY(mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0"));
    else TRY(mount("/dev/null", path, NULL, MS_BIND, NULL));
    return 0;
}

int step_read_only(struct runner *runner, const struct step *step) {
    (void)runner;
    const char *path = step->text[0].at;
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    return add_attributes(path, ATTRIBUTE_RDONLY, 1);
}

int step_pivot_root(struct runner *runner, const struct step *step) {
    (void)runner;
    int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (old < 0) return errno;
    /* With both arguments equal the old root is stacked upon the new one. It is made a slave before it goes, or the
       unmount would spread to the mounts that it shares with the host. */
    int failed = chdir(step->text[0].at) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0 ||
                 mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0;
    int error = errno;
    close(old);
    return failed ? error : 0;
}

int step_chroot(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(chroot(step->text[0].at));
    TRY(chdir("/"));
    return 0;
}
