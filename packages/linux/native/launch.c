#define _GNU_SOURCE
#include "launch.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_FD = 3 };

int launch_decode(struct cursor *cursor, struct launch_request *request) {
    *request = (struct launch_request){0};
    request->clone_flags = take_u64(cursor);
    request->output_limit = take_u64(cursor);
    request->open_stdin = take_u32(cursor);
    int error = program_decode(cursor, &request->before);
    if (!error) error = program_decode(cursor, &request->after);
    if (!error) error = program_decode(cursor, &request->process);
    const struct program *process = &request->process;
    int executes = process->count && process->steps[process->count - 1].op == OP_EXECUTE;
    if (!error && cursor_done(cursor) && executes) return 0;
    launch_request_free(request);
    return error ? error : EINVAL;
}

void launch_request_free(struct launch_request *request) {
    program_free(&request->before);
    program_free(&request->after);
    program_free(&request->process);
}

static void close_from(unsigned first) {
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
    for (unsigned fd = first; fd < 1024; fd++) close((int)fd);
}

static void default_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Nothing of the monitor stays open in the process, or a path through /proc/self/fd would lead to the host. */
static _Noreturn void process_main(const struct launch *launch, const struct program *program, const int stdio[3],
                                   int control) {
    struct runner runner;
    char word = 0;
    runner_init(&runner, launch->progress);
    runner.control = CONTROL_FD;
    for (int fd = 0; fd <= 2; fd++)
        if (dup2(stdio[fd], fd) < 0) _exit(1);
    if (control != CONTROL_FD && dup3(control, CONTROL_FD, O_CLOEXEC) < 0) _exit(1);
    close_from(CONTROL_FD + 1);
    default_signals();
    if (recv(CONTROL_FD, &word, 1, 0) != 1 || word != CONTROL_GO) _exit(1);
    /* Until the execution nobody in the container may look into this process, which was the monitor. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    program_run(program, &runner);
    _exit(1);
}

static int run_here(const struct program *program, struct launch *launch, enum phase phase, struct failure *failure) {
    struct runner runner;
    runner_init(&runner, launch->progress);
    runner.child = phase == PHASE_AFTER_CLONE ? launch->pid : 0;
    int error = program_run(program, &runner);
    *failure = (struct failure){phase, launch->progress->index, (uint32_t)error, 0};
    return error ? -1 : 0;
}

/* Fills the process's ends of the streams and keeps the monitor's. */
static int open_stdio(struct launch *launch, int open_stdin, int stdio[3]) {
    int ends[2];
    if (open_stdin) {
        if (pipe2(ends, O_CLOEXEC) < 0) return -1;
        stdio[0] = ends[0];
        launch->stdin_fd = ends[1];
    } else if ((stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (pipe2(ends, O_CLOEXEC) < 0) return -1;
        stdio[i + 1] = ends[1];
        launch->output_fd[i] = ends[0];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    return launch->stdin_fd < 0 ? 0 : fcntl(launch->stdin_fd, F_SETFL, O_NONBLOCK);
}

static int clone_process(struct launch *launch, const struct launch_request *request) {
    int stdio[3] = {-1, -1, -1}, control[2] = {-1, -1}, error = 0;
    if (open_stdio(launch, (int)request->open_stdin, stdio) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) {
        error = errno;
    } else {
        unsigned long flags = (unsigned long)request->clone_flags | CLONE_PIDFD | SIGCHLD;
        launch->pid = (pid_t)syscall(SYS_clone, flags, 0, &launch->pidfd, 0, 0);
        if (launch->pid == 0) process_main(launch, &request->process, stdio, control[1]);
        if (launch->pid < 0) error = errno;
    }
    for (int i = 0; i < 3; i++)
        if (stdio[i] >= 0) close(stdio[i]);
    if (control[1] >= 0) close(control[1]);
    launch->control = control[0];
    return error;
}

int launch_begin(struct launch *launch, const struct launch_request *request, struct failure *failure) {
    char word = CONTROL_GO;
    *launch = (struct launch){.pidfd = -1, .control = -1, .stdin_fd = -1, .output_fd = {-1, -1}};
    launch->progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *failure = (struct failure){PHASE_BEFORE_CLONE, request->before.count, ENOMEM, 0};
    if (launch->progress == MAP_FAILED) return -1;
    if (run_here(&request->before, launch, PHASE_BEFORE_CLONE, failure) < 0) return -1;
    int error = clone_process(launch, request);
    *failure = (struct failure){PHASE_BEFORE_CLONE, request->before.count, (uint32_t)error, 0};
    if (error) return -1;
    if (run_here(&request->after, launch, PHASE_AFTER_CLONE, failure) == 0) {
        *launch->progress = (struct progress){.index = UINT32_MAX};
        launch->last_index = request->process.count - 1;
        if (send(launch->control, &word, 1, MSG_NOSIGNAL) == 1) return 0;
        *failure = (struct failure){PHASE_PROCESS, 0, (uint32_t)errno, 0};
    }
    kill(launch->pid, SIGKILL);
    waitpid(launch->pid, NULL, 0);
    return -1;
}

static int take_terminal(struct msghdr *message, int terminal[2]) {
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(2 * sizeof(int))) return -1;
    memcpy(terminal, CMSG_DATA(header), 2 * sizeof(int));
    return 0;
}

enum launch_event launch_event(struct launch *launch, int terminal[2]) {
    char word = 0;
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(2 * sizeof(int))];
    } buffer = {0};
    struct iovec part = {&word, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &buffer, .msg_controllen = sizeof buffer};
    ssize_t n = recvmsg(launch->control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return LAUNCH_NOTHING;
    if (n == 1 && word == CONTROL_BARRIER) return LAUNCH_BARRIER;
    if (n == 1 && word == CONTROL_TERMINAL && take_terminal(&message, terminal) == 0) return LAUNCH_TERMINAL;
    close(launch->control);
    launch->control = -1;
    const struct progress *progress = launch->progress;
    return progress->index == launch->last_index && !progress->error ? LAUNCH_EXECUTED : LAUNCH_FAILED;
}

struct failure launch_failure(const struct launch *launch, int status) {
    const struct progress *progress = launch->progress;
    uint32_t index = progress->index == UINT32_MAX ? 0 : progress->index;
    struct failure failure = {PHASE_PROCESS, index, progress->error, 0};
    if (!failure.error && WIFSIGNALED(status)) failure.signal = (uint32_t)WTERMSIG(status);
    else if (!failure.error) failure.error = EIO;
    return failure;
}
