/* Runs steps; the ones that are a single system call are here. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "steps.h"

static int step_unshare(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(unshare((int)step->number[0]));
    return 0;
}

static int step_setns(struct runner *runner, const struct step *step) {
    (void)runner;
    int fd = open(step->text[0].at, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = setns(fd, (int)step->number[0]) < 0 ? errno : 0;
    close(fd);
    return error;
}

static int step_hostname(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(sethostname(step->text[0].at, step->text[0].length));
    return 0;
}

static int step_domainname(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(setdomainname(step->text[0].at, step->text[0].length));
    return 0;
}

static int step_rlimit(struct runner *runner, const struct step *step) {
    (void)runner;
    struct rlimit limit = {step->number[1], step->number[2]};
    TRY(setrlimit((int)step->number[0], &limit));
    return 0;
}

static int step_umask(struct runner *runner, const struct step *step) {
    (void)runner;
    umask((mode_t)step->number[0]);
    return 0;
}

static int step_set_session(struct runner *runner, const struct step *step) {
    (void)runner;
    (void)step;
    if (getsid(0) != getpid()) TRY(setsid());
    return 0;
}

static int step_keep_capabilities(struct runner *runner, const struct step *step) {
    (void)runner;
    (void)step;
    TRY(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    return 0;
}

static int step_no_new_privileges(struct runner *runner, const struct step *step) {
    (void)runner;
    (void)step;
    TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    return 0;
}

static int step_death_signal(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(prctl(PR_SET_PDEATHSIG, (unsigned long)step->number[0], 0, 0, 0));
    return 0;
}

static step_function *const functions[OP_COUNT] = {
    [OP_UNSHARE] = step_unshare,
    [OP_SETNS] = step_setns,
    [OP_MOUNT] = step_mount,
    [OP_REMOUNT] = step_remount,
    [OP_UNMOUNT] = step_unmount,
    [OP_OPEN_TREE] = step_open_tree,
    [OP_MOVE_MOUNT] = step_move_mount,
    [OP_MAKE_DIRECTORY] = step_make_directory,
    [OP_SYMLINK] = step_symlink,
    [OP_MAKE_NODE] = step_make_node,
    [OP_BIND] = step_bind,
    [OP_MASK] = step_mask,
    [OP_READ_ONLY] = step_read_only,
    [OP_WRITE_FILE] = step_write_file,
    [OP_WRITE_CHILD] = step_write_child,
    [OP_PIVOT_ROOT] = step_pivot_root,
    [OP_CHROOT] = step_chroot,
    [OP_CHANGE_DIRECTORY] = step_change_directory,
    [OP_HOSTNAME] = step_hostname,
    [OP_DOMAINNAME] = step_domainname,
    [OP_RLIMIT] = step_rlimit,
    [OP_UMASK] = step_umask,
    [OP_SET_SESSION] = step_set_session,
    [OP_TERMINAL] = step_terminal,
    [OP_SET_GROUPS] = step_set_groups,
    [OP_SET_GID] = step_set_gid,
    [OP_SET_UID] = step_set_uid,
    [OP_KEEP_CAPABILITIES] = step_keep_capabilities,
    [OP_BOUNDING_SET] = step_bounding_set,
    [OP_CAPABILITY_SET] = step_capability_set,
    [OP_AMBIENT_SET] = step_ambient_set,
    [OP_NO_NEW_PRIVILEGES] = step_no_new_privileges,
    [OP_DEATH_SIGNAL] = step_death_signal,
    [OP_NETLINK] = step_netlink,
    [OP_SECCOMP] = step_seccomp,
    [OP_BARRIER] = step_barrier,
    [OP_EXECUTE] = step_execute,
};

void runner_init(struct runner *runner, struct progress *progress) {
    *runner = (struct runner){.progress = progress, .control = -1};
    for (unsigned i = 0; i < SLOT_COUNT; i++) runner->slots[i] = -1;
}

int program_run(const struct program *program, struct runner *runner) {
    int failure = 0;
    for (uint32_t i = 0; i < program->count && !failure; i++) {
        const struct step *step = &program->steps[i];
        runner->progress->index = i;
        int error = functions[step->op](runner, step);
        if (error && !(step->flags & STEP_OPTIONAL)) failure = error;
    }
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        if (runner->slots[i] >= 0) close(runner->slots[i]);
    runner->progress->error = (uint32_t)failure;
    return failure;
}
