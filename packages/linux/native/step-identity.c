/* Steps that change who the process is and what it may do. */
#define _GNU_SOURCE
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "steps.h"

/* What setresuid and setresgid take for "leave it as it is", which would leave it root. */
static const uint32_t UNCHANGED = UINT32_MAX;

int step_set_groups(struct runner *runner, const struct step *step) {
    (void)runner;
    const struct text *gids = &step->text[0];
    gid_t groups[1024];
    uint32_t count = gids->length / 4;
    if (gids->length % 4 || count > sizeof groups / sizeof groups[0]) return EINVAL;
    __builtin_memcpy(groups, gids->at, gids->length);
    TRY(setgroups(count, groups));
    return 0;
}

int step_set_gid(struct runner *runner, const struct step *step) {
    (void)runner;
    gid_t gid = (gid_t)step->number[0];
    if (gid == UNCHANGED) return EINVAL;
    TRY(setresgid(gid, gid, gid));
    return 0;
}

int step_set_uid(struct runner *runner, const struct step *step) {
    (void)runner;
    uid_t uid = (uid_t)step->number[0];
    struct stat status;
    if (uid == UNCHANGED) return EINVAL;
    /* The pipes become the user's own, so that the program can open /dev/stdout again. */
    for (int fd = 0; fd <= 2; fd++)
        if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) && fchown(fd, uid, (gid_t)-1) < 0) continue;
    TRY(setresuid(uid, uid, uid));
    return 0;
}

int step_bounding_set(struct runner *runner, const struct step *step) {
    (void)runner;
    for (unsigned long capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0) break;
        if (!(step->number[0] >> capability & 1)) TRY(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
    }
    return 0;
}

int step_capability_set(struct runner *runner, const struct step *step) {
    (void)runner;
    const uint64_t *n = step->number;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++)
        data[i] = (struct __user_cap_data_struct){
            .effective = (uint32_t)(n[0] >> 32 * i),
            .permitted = (uint32_t)(n[1] >> 32 * i),
            .inheritable = (uint32_t)(n[2] >> 32 * i),
        };
    TRY(syscall(SYS_capset, &header, data));
    return 0;
}

int step_ambient_set(struct runner *runner, const struct step *step) {
    (void)runner;
    TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    for (unsigned long capability = 0; capability < 64; capability++)
        if (step->number[0] >> capability & 1) TRY(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0));
    return 0;
}

int step_seccomp(struct runner *runner, const struct step *step) {
    (void)runner;
    const struct text *bytes = &step->text[0];
    struct sock_filter filter[BPF_MAXINSNS];
    unsigned count = bytes->length / (unsigned)sizeof filter[0];
    if (!count || bytes->length % sizeof filter[0] || count > BPF_MAXINSNS) return EINVAL;
    __builtin_memcpy(filter, bytes->at, bytes->length);
    struct sock_fprog program = {(unsigned short)count, filter};
    TRY(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)step->number[0], &program));
    return 0;
}
