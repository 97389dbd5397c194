/* Steps: the helper's instructions, decoded from the wire and run in order. src/step.ts says what each one does. */
#ifndef GANTRY_STEPS_H
#define GANTRY_STEPS_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

enum step_op {
    OP_UNSHARE = 1,
    OP_SETNS = 2,
    OP_MOUNT = 3,
    OP_REMOUNT = 4,
    OP_UNMOUNT = 5,
    OP_OPEN_TREE = 6,
    OP_MOVE_MOUNT = 7,
    OP_MAKE_DIRECTORY = 8,
    OP_SYMLINK = 9,
    OP_MAKE_NODE = 10,
    OP_BIND = 11,
    OP_MASK = 12,
    OP_READ_ONLY = 13,
    OP_WRITE_FILE = 14,
    OP_WRITE_CHILD = 15,
    OP_PIVOT_ROOT = 16,
    OP_CHROOT = 17,
    OP_CHANGE_DIRECTORY = 18,
    OP_HOSTNAME = 19,
    OP_DOMAINNAME = 20,
    OP_RLIMIT = 21,
    OP_UMASK = 22,
    OP_SET_SESSION = 23,
    OP_TERMINAL = 24,
    OP_SET_GROUPS = 25,
    OP_SET_GID = 26,
    OP_SET_UID = 27,
    OP_KEEP_CAPABILITIES = 28,
    OP_BOUNDING_SET = 29,
    OP_CAPABILITY_SET = 30,
    OP_AMBIENT_SET = 31,
    OP_NO_NEW_PRIVILEGES = 32,
    OP_DEATH_SIGNAL = 33,
    OP_NETLINK = 34,
    OP_SECCOMP = 35,
    OP_BARRIER = 36,
    OP_EXECUTE = 37,
    OP_COUNT
};

/* Bits of a step's flags. The second is the step's one boolean: create, recursive, console. */
enum { STEP_OPTIONAL = 1, STEP_FLAG = 2 };

enum { SLOT_COUNT = 64, STEP_NUMBERS = 6, STEP_TEXTS = 4, STEP_LISTS = 2 };

struct step {
    uint8_t op, flags;
    uint64_t number[STEP_NUMBERS];
    struct text text[STEP_TEXTS];
    char **list[STEP_LISTS];
};

struct program {
    struct step *steps;
    uint32_t count;
};

/* Points into the cursor's bytes, which must live as long. 0, or an errno: EINVAL for anything malformed. */
int program_decode(struct cursor *cursor, struct program *program);
void program_free(struct program *program);

/* Shared with the monitor, so that a failure is known without a system call that a seccomp filter might forbid. */
struct progress {
    volatile uint32_t index, error;
};

struct runner {
    struct progress *progress;
    /* The cloned process, for write-child; 0 elsewhere. */
    pid_t child;
    /* Of a cloned process: the socket to its monitor; -1 elsewhere. */
    int control;
    int slots[SLOT_COUNT];
};

void runner_init(struct runner *runner, struct progress *progress);
/* Runs all; stores index and errno of the first that fails and returns the errno. */
int program_run(const struct program *program, struct runner *runner);

/* A step's function returns 0 or an errno. */
#define TRY(call)                      \
    do {                               \
        if ((call) < 0) return errno;  \
    } while (0)

typedef int step_function(struct runner *runner, const struct step *step);
step_function step_mount, step_remount, step_unmount, step_open_tree, step_move_mount, step_bind, step_mask,
    step_read_only, step_pivot_root, step_chroot;
step_function step_make_directory, step_symlink, step_make_node, step_write_file, step_write_child,
    step_change_directory;
step_function step_set_groups, step_set_gid, step_set_uid, step_bounding_set, step_capability_set, step_ambient_set,
    step_seccomp;
step_function step_terminal, step_barrier, step_netlink, step_execute;

/* Makes a directory with its missing parents; the parents get mode 0755 and owner 0:0. Where a link leads to what is
   missing, that is made: call it only where the links are the root's own. 0, or an errno. */
int make_directories(const char *path, mode_t mode, uid_t uid, gid_t gid);
/* Makes what a mount of `like` can be put on: a directory, or an empty file for anything else. */
int make_mount_point(const char *path, mode_t like);

/* What passes on the control socket, one byte each: the process tells, the monitor answers CONTROL_GO. */
enum { CONTROL_GO = 'G', CONTROL_BARRIER = 'B', CONTROL_TERMINAL = 'T' };

#endif
