/* The steps that speak with the monitor: terminal and barrier. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "steps.h"

/* The monitor gets the slave too: while it holds it, reading the master never reports a hang-up. */
static int send_terminal(int control, int master, int slave) {
    char kind = CONTROL_TERMINAL;
    int fds[2] = {master, slave};
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof fds)];
    } buffer = {0};
    struct iovec part = {&kind, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &buffer, .msg_controllen = sizeof buffer};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fds)};
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    return sendmsg(control, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* A root without a /dev/console to be had goes without. */
static void bind_console(int number) {
    char slave[32];
    int fd = open("/dev/console", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0620);
    if (fd >= 0) close(fd);
    snprintf(slave, sizeof slave, "/dev/pts/%d", number);
    mount(slave, "/dev/console", NULL, MS_BIND, NULL);
}

static int use_terminal(int slave, const struct winsize *size, uid_t uid) {
    if (size->ws_row && size->ws_col) TRY(ioctl(slave, TIOCSWINSZ, size));
    TRY(fchown(slave, uid, (gid_t)-1));
    TRY(fchmod(slave, 0620));
    if (getsid(0) != getpid()) TRY(setsid());
    TRY(ioctl(slave, TIOCSCTTY, 0));
    for (int fd = 0; fd <= 2; fd++) TRY(dup2(slave, fd));
    return 0;
}

int step_terminal(struct runner *runner, const struct step *step) {
    struct winsize size = {.ws_row = (uint16_t)step->number[0], .ws_col = (uint16_t)step->number[1]};
    int unlocked = 0, number = 0, slave = -1;
    if (runner->control < 0) return EINVAL;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 && errno == ENOENT) master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return errno;
    int failed = ioctl(master, TIOCSPTLCK, &unlocked) < 0 || ioctl(master, TIOCGPTN, &number) < 0 ||
                 (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
                 send_terminal(runner->control, master, slave) < 0;
    int error = failed ? errno : use_terminal(slave, &size, (uid_t)step->number[2]);
    if (!error && step->flags & STEP_FLAG) bind_console(number);
    close(master);
    if (slave >= 0) close(slave);
    return error;
}

int step_barrier(struct runner *runner, const struct step *step) {
    (void)step;
    char word = CONTROL_BARRIER;
    if (runner->control < 0) return EINVAL;
    TRY(send(runner->control, &word, 1, MSG_NOSIGNAL));
    ssize_t n;
    do n = recv(runner->control, &word, 1, 0);
    while (n < 0 && errno == EINTR);
    return n == 1 && word == CONTROL_GO ? 0 : ECANCELED;
}
