/* The monitor: owns one process's streams, records what it writes and how it ends, and serves clients on a socket. */
#define _GNU_SOURCE
#include "monitor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a monitor waits for its first client, and at the end for clients to take the news. */
enum { FIRST_CLIENT_MILLISECONDS = 10000, FAREWELL_MILLISECONDS = 2000 };

static void drop_client(struct monitor *monitor, unsigned index);

static void flush_farewell(struct monitor *monitor) {
    uint64_t deadline = time_now() + FAREWELL_MILLISECONDS * 1000000ull;
    for (unsigned i = 0; i < monitor->client_count; i++) {
        struct stream *stream = &monitor->clients[i]->stream;
        struct pollfd wait = {stream->fd, POLLOUT, 0};
        while (stream_flush(stream) == 1 && time_now() < deadline) poll(&wait, 1, 100);
    }
}

void monitor_retire(struct monitor *monitor) {
    if (monitor->listener < 0) return;
    unlinkat(monitor->socket_directory, monitor->socket_name, 0);
    close(monitor->listener);
    monitor->listener = -1;
}

void monitor_release_mounts(struct monitor *monitor) {
    if (monitor->mounts >= 0) close(monitor->mounts);
    monitor->mounts = -1;
}

_Noreturn void monitor_finish(struct monitor *monitor) {
    monitor_retire(monitor);
    unlinkat(monitor->directory, "exit.new", 0);
    flush_farewell(monitor);
    monitor_release_mounts(monitor);
    _exit(0);
}

/* The client that launched went away before it said start. */
static _Noreturn void abandon(struct monitor *monitor) {
    monitor_retire(monitor);
    if (monitor->state != STATE_IDLE && !monitor->reaped) {
        kill(monitor->launch.pid, SIGKILL);
        waitpid(monitor->launch.pid, NULL, 0);
    }
    monitor_finish(monitor);
}

static void drop_client(struct monitor *monitor, unsigned index) {
    struct client *client = monitor->clients[index];
    monitor->clients[index] = monitor->clients[--monitor->client_count];
    if (monitor->waiter == client) monitor->waiter = NULL;
    int launcher = monitor->launcher == client;
    if (launcher) monitor->launcher = NULL;
    stream_close(&client->stream);
    free(client->input);
    free(client);
    if (launcher && monitor->state < STATE_STARTING) abandon(monitor);
    if (monitor->state == STATE_IDLE && !monitor->client_count) abandon(monitor);
}

static void accept_client(struct monitor *monitor) {
    int fd = accept4(monitor->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    struct client *client = monitor->client_count < CLIENT_MAXIMUM ? calloc(1, sizeof *client) : NULL;
    if (!client) {
        close(fd);
        return;
    }
    struct {
        uint32_t version, state, pid, monitor;
        uint64_t end;
    } hello = {PROTOCOL_VERSION, (uint32_t)monitor->state, (uint32_t)monitor->launch.pid, (uint32_t)getpid(),
               monitor->record.end};
    stream_open(&client->stream, fd);
    monitor->clients[monitor->client_count++] = client;
    stream_send(&client->stream, MSG_HELLO, 0, &hello, sizeof hello);
}

/* -1 when the client is to be dropped. */
static int serve_client(struct monitor *monitor, struct client *client, short events) {
    struct frame frame;
    int found = 0;
    if (events & POLLOUT && stream_flush(&client->stream) < 0) return -1;
    if (!(events & (POLLIN | POLLHUP | POLLERR))) return 0;
    int open = stream_fill(&client->stream);
    while ((found = stream_next(&client->stream, &frame)) > 0)
        if (monitor_request(monitor, client, &frame) < 0) return -1;
    return open && found == 0 ? 0 : -1;
}

/* Reaps the process and, as their subreaper, what it left behind in the host's pid namespace. */
static void reap(struct monitor *monitor) {
    struct signalfd_siginfo ignored;
    int status;
    pid_t pid;
    while (read(monitor->signals, &ignored, sizeof ignored) > 0) continue;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != monitor->launch.pid || monitor->reaped) continue;
        monitor->reaped = 1;
        monitor->status = status;
        monitor->exited_at = time_now();
    }
}

static void write_launch_record(struct monitor *monitor) {
    char text[160];
    snprintf(text, sizeof text, "{\"pid\":%d,\"startTime\":\"%" PRIu64 "\",\"monitor\":%d}\n", monitor->launch.pid,
             process_start_time(monitor->launch.pid), getpid());
    write_record_file(monitor->directory, "launch", text);
}

static void fail_launch(struct monitor *monitor) {
    if (!monitor->reaped) waitpid(monitor->launch.pid, &monitor->status, 0);
    struct failure failure = launch_failure(&monitor->launch, monitor->status);
    /* Killed while it waited at the barrier: nobody asked for anything, and its end is an exit. */
    if (monitor->state == STATE_CREATED) {
        monitor->exited_at = monitor->reaped ? monitor->exited_at : time_now();
        monitor->reaped = 1;
        return;
    }
    monitor_retire(monitor);
    monitor_release_mounts(monitor);
    answer_waiter(monitor, &failure);
    monitor_finish(monitor);
}

static void follow_launch(struct monitor *monitor) {
    int terminal[2];
    while (monitor->launch.control >= 0) switch (launch_event(&monitor->launch, terminal)) {
        case LAUNCH_NOTHING: return;
        case LAUNCH_TERMINAL:
            monitor->terminal = terminal[0];
            monitor->terminal_slave = terminal[1];
            fcntl(terminal[0], F_SETFL, O_NONBLOCK);
            break;
        case LAUNCH_BARRIER:
            monitor->state = STATE_CREATED;
            answer_waiter(monitor, NULL);
            break;
        case LAUNCH_EXECUTED:
            monitor->state = STATE_RUNNING;
            write_launch_record(monitor);
            answer_waiter(monitor, NULL);
            break;
        case LAUNCH_FAILED: fail_launch(monitor); break;
        }
}

static _Noreturn void record_exit(struct monitor *monitor) {
    int status = monitor->status, signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    uint32_t code = signal ? 128 + (uint32_t)signal : (uint32_t)WEXITSTATUS(status);
    struct {
        uint64_t time, end;
        uint32_t code, signal;
    } body = {monitor->exited_at, 0, code, (uint32_t)signal};
    char text[160];
    output_drain(monitor);
    body.end = monitor->record.end;
    snprintf(text, sizeof text, "{\"code\":%u,\"signal\":%d,\"exitedAt\":\"%" PRIu64 "\",\"outputEnd\":%" PRIu64 "}\n", code,
             signal, body.time, body.end);
    write_record_file(monitor->directory, "exit", text);
    monitor_retire(monitor);
    answer_watches(monitor);
    for (unsigned i = 0; i < monitor->client_count; i++)
        stream_send(&monitor->clients[i]->stream, MSG_EXITED, 0, &body, sizeof body);
    monitor_finish(monitor);
}

enum { SLOT_LISTENER, SLOT_SIGNALS, SLOT_CONTROL, SLOT_OUT, SLOT_ERR, SLOT_STDIN, SLOT_CLIENTS };

static unsigned watch_set(const struct monitor *monitor, struct pollfd *set) {
    const struct launch *launch = &monitor->launch;
    int output = monitor->terminal >= 0 ? monitor->terminal : launch->output_fd[0];
    int input = monitor->terminal >= 0 ? monitor->terminal : launch->stdin_fd;
    set[SLOT_LISTENER] = (struct pollfd){monitor->listener, POLLIN, 0};
    set[SLOT_SIGNALS] = (struct pollfd){monitor->signals, POLLIN, 0};
    set[SLOT_CONTROL] = (struct pollfd){launch->control, POLLIN, 0};
    set[SLOT_OUT] = (struct pollfd){output, POLLIN, 0};
    set[SLOT_ERR] = (struct pollfd){launch->output_fd[1], POLLIN, 0};
    set[SLOT_STDIN] = (struct pollfd){stdin_pending(monitor) ? input : -1, POLLOUT, 0};
    for (unsigned i = 0; i < monitor->client_count; i++) {
        const struct stream *stream = &monitor->clients[i]->stream;
        set[SLOT_CLIENTS + i] = (struct pollfd){stream->fd, (short)(POLLIN | (stream->out_length ? POLLOUT : 0)), 0};
    }
    return SLOT_CLIENTS + monitor->client_count;
}

static void serve(struct monitor *monitor) {
    struct pollfd set[SLOT_CLIENTS + CLIENT_MAXIMUM];
    unsigned clients = monitor->client_count, count = watch_set(monitor, set);
    int patience = monitor->state == STATE_IDLE && !clients ? FIRST_CLIENT_MILLISECONDS : -1;
    int ready = poll(set, count, patience);
    if (ready == 0) abandon(monitor);
    if (ready < 0) return;
    if (set[SLOT_SIGNALS].revents) reap(monitor);
    if (set[SLOT_CONTROL].revents || monitor->reaped) follow_launch(monitor);
    if (set[SLOT_OUT].revents) output_read(monitor, 0);
    if (set[SLOT_ERR].revents) output_read(monitor, 1);
    if (set[SLOT_STDIN].revents) stdin_write(monitor);
    answer_watches(monitor);
    /* Backwards, because dropping one moves the last into its place. */
    for (unsigned i = clients; i-- > 0;)
        if (set[SLOT_CLIENTS + i].revents && serve_client(monitor, monitor->clients[i], set[SLOT_CLIENTS + i].revents) < 0)
            drop_client(monitor, i);
    if (set[SLOT_LISTENER].revents) accept_client(monitor);
    if (monitor->reaped) record_exit(monitor);
}

_Noreturn void monitor_main(const struct monitor_place *place) {
    static struct monitor monitor;
    static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    sigset_t children;
    monitor = (struct monitor){
        .listener = place->listener,
        .directory = place->directory,
        .socket_directory = place->socket_directory,
        .mounts = -1,
        .terminal = -1,
        .terminal_slave = -1,
        .launch = {.pidfd = -1, .control = -1, .stdin_fd = -1, .output_fd = {-1, -1}},
    };
    memcpy(monitor.socket_name, place->socket_name, sizeof monitor.socket_name);
    prctl(PR_SET_NAME, "gantry-monitor", 0, 0, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    setsid();
    signal(SIGCHLD, SIG_DFL);
    /* Whoever shuts a machine down, or closes the engine's terminal, ends the process first and not its monitor. */
    for (unsigned i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    monitor.signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (monitor.signals < 0) monitor_finish(&monitor);
    for (;;) serve(&monitor);
}
