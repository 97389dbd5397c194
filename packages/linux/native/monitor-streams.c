/* The streams of the process: standard input from the clients, output into the record. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "monitor.h"

enum { READ_SIZE = 64 << 10, TERMINAL_DRAIN = 1 << 20 };

static int stdin_target(const struct monitor *monitor) {
    return monitor->terminal >= 0 ? monitor->terminal : monitor->launch.stdin_fd;
}

static struct client *first_with_input(const struct monitor *monitor) {
    struct client *first = NULL;
    for (unsigned i = 0; i < monitor->client_count; i++) {
        struct client *client = monitor->clients[i];
        if (client->input && (!first || client->input_order < first->input_order)) first = client;
    }
    return first;
}

int stdin_pending(const struct monitor *monitor) {
    return stdin_target(monitor) >= 0 && first_with_input(monitor);
}

static void close_stdin_pipe(struct monitor *monitor) {
    if (monitor->launch.stdin_fd >= 0) close(monitor->launch.stdin_fd);
    monitor->launch.stdin_fd = -1;
}

/* Bytes for a program that closed its input, or never had one, are taken and dropped. */
void stdin_write(struct monitor *monitor) {
    for (struct client *client; (client = first_with_input(monitor));) {
        uint32_t left = client->input_length - client->input_written;
        int fd = stdin_target(monitor);
        ssize_t n = left && fd >= 0 ? write(fd, client->input + client->input_written, left) : (ssize_t)left;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) {
            close_stdin_pipe(monitor);
            n = (ssize_t)left;
        }
        client->input_written += (uint32_t)n;
        if (client->input_written < client->input_length) continue;
        free(client->input);
        client->input = NULL;
        stream_send(&client->stream, MSG_OK, client->input_id, NULL, 0);
    }
    if (monitor->close_stdin) close_stdin_pipe(monitor);
}

static uint8_t buffer[READ_SIZE];

/* The number of bytes taken; 0 when there is nothing, or nothing more to come. */
static size_t read_once(struct monitor *monitor, unsigned stream) {
    int *fd = monitor->terminal >= 0 && stream == 0 ? &monitor->terminal : &monitor->launch.output_fd[stream];
    if (*fd < 0) return 0;
    ssize_t n;
    do n = read(*fd, buffer, sizeof buffer);
    while (n < 0 && errno == EINTR);
    if (n > 0) record_append(&monitor->record, (uint8_t)(stream + 1), buffer, (uint32_t)n);
    if (n > 0 || (n < 0 && errno == EAGAIN)) return n > 0 ? (size_t)n : 0;
    close(*fd);
    *fd = -1;
    return 0;
}

void output_read(struct monitor *monitor, unsigned stream) {
    read_once(monitor, stream);
}

void output_drain(struct monitor *monitor) {
    for (unsigned stream = 0; stream < 2; stream++) {
        int fd = monitor->launch.output_fd[stream], ready = 0;
        size_t pending = TERMINAL_DRAIN;
        if (monitor->terminal < 0 || stream > 0) pending = fd >= 0 && ioctl(fd, FIONREAD, &ready) == 0 ? (size_t)ready : 0;
        for (size_t taken = 0, n; taken < pending && (n = read_once(monitor, stream)); taken += n) continue;
    }
}

void answer_watches(struct monitor *monitor) {
    uint64_t end = monitor->record.end;
    for (unsigned i = 0; i < monitor->client_count; i++) {
        struct client *client = monitor->clients[i];
        if (!client->watching || client->watch_position >= end) continue;
        client->watching = 0;
        stream_send(&client->stream, MSG_OK, client->watch_id, &end, sizeof end);
    }
}
