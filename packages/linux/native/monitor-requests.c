/* What clients ask of a monitor. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "monitor.h"

static int reply(struct client *client, uint16_t id, int error, const char *what) {
    if (error) return stream_error(&client->stream, id, error, what);
    return stream_send(&client->stream, MSG_OK, id, NULL, 0);
}

void answer_waiter(struct monitor *monitor, const struct failure *failure) {
    struct client *waiter = monitor->waiter;
    uint32_t pid = (uint32_t)monitor->launch.pid;
    monitor->waiter = NULL;
    if (!waiter) return;
    if (failure) stream_send(&waiter->stream, MSG_STEP_FAILED, monitor->waiter_id, failure, sizeof *failure);
    else stream_send(&waiter->stream, MSG_OK, monitor->waiter_id, &pid, sizeof pid);
}

/* The records of an earlier run in this directory must not be taken for this one's. */
static int prepare_directory(struct monitor *monitor, uint64_t output_limit) {
    unlinkat(monitor->directory, "exit", 0);
    unlinkat(monitor->directory, "launch", 0);
    if (reserve_record_file(monitor->directory, "exit") < 0) return -1;
    return record_open(&monitor->record, monitor->directory, output_limit);
}

/* -1 when it cannot be had: the end of the process then waits for its mounts, as it would anyway. */
static int open_mounts(pid_t pid) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int launch(struct monitor *monitor, struct client *client, struct frame *frame) {
    struct launch_request request;
    struct failure failure;
    if (monitor->state != STATE_IDLE) return reply(client, frame->id, EBUSY, "launched already");
    int error = launch_decode(&frame->body, &request);
    if (error) return reply(client, frame->id, error, "malformed program");
    monitor->launcher = client;
    if (prepare_directory(monitor, request.output_limit) < 0) {
        error = errno;
        launch_request_free(&request);
        return reply(client, frame->id, error, "records in the directory");
    }
    monitor->waiter = client;
    monitor->waiter_id = frame->id;
    int failed = launch_begin(&monitor->launch, &request, &failure);
    if (!failed && request.clone_flags & CLONE_NEWNS) monitor->mounts = open_mounts(monitor->launch.pid);
    launch_request_free(&request);
    if (failed < 0) {
        monitor_retire(monitor);
        answer_waiter(monitor, &failure);
        monitor_finish(monitor);
    }
    monitor->state = STATE_PREPARING;
    return 0;
}

static int start(struct monitor *monitor, struct client *client, uint16_t id) {
    char word = CONTROL_GO;
    if (monitor->state == STATE_RUNNING) return reply(client, id, 0, "");
    if (monitor->state != STATE_CREATED) return reply(client, id, EINVAL, "not created");
    monitor->waiter = client;
    monitor->waiter_id = id;
    monitor->state = STATE_STARTING;
    /* When this fails the process is gone, which the end of its socket is about to tell. */
    (void)send(monitor->launch.control, &word, 1, MSG_NOSIGNAL);
    return 0;
}

static int send_status(struct monitor *monitor, struct client *client, uint16_t id) {
    struct {
        uint32_t state, pid;
        uint64_t end;
    } body = {(uint32_t)monitor->state, (uint32_t)monitor->launch.pid, monitor->record.end};
    return stream_send(&client->stream, MSG_OK, id, &body, sizeof body);
}

static int send_signal(struct monitor *monitor, struct client *client, struct frame *frame) {
    uint32_t number = take_u32(&frame->body);
    if (!cursor_done(&frame->body)) return -1;
    int error = ESRCH;
    if (monitor->state != STATE_IDLE)
        error = syscall(SYS_pidfd_send_signal, monitor->launch.pidfd, number, NULL, 0) < 0 ? errno : 0;
    return reply(client, frame->id, error, "signal");
}

static int resize(struct monitor *monitor, struct client *client, struct frame *frame) {
    uint32_t rows = take_u32(&frame->body), columns = take_u32(&frame->body);
    struct winsize size = {.ws_row = (uint16_t)rows, .ws_col = (uint16_t)columns};
    if (!cursor_done(&frame->body)) return -1;
    if (monitor->terminal < 0) return reply(client, frame->id, ENOTTY, "no terminal");
    return reply(client, frame->id, ioctl(monitor->terminal, TIOCSWINSZ, &size) < 0 ? errno : 0, "resize");
}

static int take_input(struct monitor *monitor, struct client *client, struct frame *frame) {
    struct text bytes = take_bytes(&frame->body);
    if (!cursor_done(&frame->body) || bytes.length > STDIN_CHUNK || client->input) return -1;
    if (monitor->state == STATE_IDLE) return reply(client, frame->id, EINVAL, "not created");
    client->input = malloc(bytes.length + 1);
    if (!client->input) return reply(client, frame->id, ENOMEM, "standard input");
    memcpy(client->input, bytes.at, bytes.length);
    client->input_length = bytes.length;
    client->input_written = 0;
    client->input_id = frame->id;
    client->input_order = monitor->input_order++;
    stdin_write(monitor);
    return 0;
}

static int watch(struct monitor *monitor, struct client *client, struct frame *frame) {
    uint64_t position = take_u64(&frame->body);
    if (!cursor_done(&frame->body) || client->watching) return -1;
    client->watching = 1;
    client->watch_id = frame->id;
    client->watch_position = position;
    answer_watches(monitor);
    return 0;
}

int monitor_request(struct monitor *monitor, struct client *client, struct frame *frame) {
    switch (frame->type) {
    case MSG_LAUNCH: return launch(monitor, client, frame);
    case MSG_START: return start(monitor, client, frame->id);
    case MSG_STATUS: return send_status(monitor, client, frame->id);
    case MSG_SIGNAL: return send_signal(monitor, client, frame);
    case MSG_RESIZE: return resize(monitor, client, frame);
    case MSG_STDIN: return take_input(monitor, client, frame);
    case MSG_WATCH: return watch(monitor, client, frame);
    case MSG_CLOSE_STDIN:
        if (monitor->state == STATE_IDLE) return reply(client, frame->id, EINVAL, "not created");
        monitor->close_stdin = 1;
        stdin_write(monitor);
        return reply(client, frame->id, 0, "");
    case MSG_RELEASE: {
        uint64_t before = take_u64(&frame->body);
        if (!cursor_done(&frame->body)) return -1;
        if (monitor->state != STATE_IDLE) record_release(&monitor->record, before);
        return reply(client, frame->id, 0, "");
    }
    default: return -1;
    }
}
