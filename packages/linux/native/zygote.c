/* The zygote: forks monitors and runs steps for one engine process, and ends with it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor.h"
#include "seal.h"
#include "tools.h"

enum { CHANNEL_FD = 3, LOCK_FD = 4, RUN_MAXIMUM = 64 };
enum { LOCK_NONE, LOCK_HELD, LOCK_CONFLICT, LOCK_FAILED };

struct run {
    int fd;
    uint16_t id;
};

struct zygote {
    struct stream channel;
    struct run runs[RUN_MAXIMUM];
    unsigned run_count;
};

/* The arguments, as the kernel laid them out one after the other: what `ps` shows. */
static char *title;
static size_t title_size;

static void set_title(const char *text) {
    memset(title, 0, title_size);
    memcpy(title, text, strnlen(text, title_size - 1));
}

struct run_result {
    uint32_t phase, index, error, signal;
};

static _Noreturn void run_child(struct zygote *zygote, const struct program *program, int result_fd) {
    struct progress progress = {0};
    struct runner runner;
    signal(SIGCHLD, SIG_DFL);
    close(zygote->channel.fd);
    for (unsigned i = 0; i < zygote->run_count; i++) close(zygote->runs[i].fd);
    runner_init(&runner, &progress);
    program_run(program, &runner);
    struct run_result result = {PHASE_PROCESS, progress.index, progress.error, 0};
    ssize_t n = write(result_fd, &result, sizeof result);
    _exit(n == (ssize_t)sizeof result ? 0 : 1);
}

static int run(struct zygote *zygote, struct frame *frame) {
    struct program program;
    int ends[2], error = program_decode(&frame->body, &program);
    if (!error && !cursor_done(&frame->body)) error = EINVAL;
    if (error) return stream_error(&zygote->channel, frame->id, error, "malformed steps");
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        pid = fork();
        if (pid == 0) run_child(zygote, &program, ends[1]);
        error = errno;
        close(ends[1]);
        if (pid < 0) close(ends[0]);
    } else {
        error = errno;
    }
    program_free(&program);
    if (pid < 0) return stream_error(&zygote->channel, frame->id, error, "fork");
    zygote->runs[zygote->run_count++] = (struct run){ends[0], frame->id};
    return 0;
}

static int finish_run(struct zygote *zygote, unsigned index) {
    struct run run = zygote->runs[index];
    struct run_result result;
    ssize_t n = read(run.fd, &result, sizeof result);
    close(run.fd);
    zygote->runs[index] = zygote->runs[--zygote->run_count];
    if (n != (ssize_t)sizeof result) return stream_error(&zygote->channel, run.id, EIO, "the process that ran the steps died");
    if (result.error) return stream_send(&zygote->channel, MSG_STEP_FAILED, run.id, &result, sizeof result);
    return stream_send(&zygote->channel, MSG_OK, run.id, NULL, 0);
}

/* A socket that nobody serves is what a killed monitor left. */
static int is_stale(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int stale = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
    if (fd >= 0) close(fd);
    return stale;
}

static int listen_at(struct monitor_place *place) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    /* Through the directory's descriptor the path is short, however long it really is. */
    int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", place->socket_directory,
                          place->socket_name);
    if (length >= (int)sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    place->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (place->listener < 0) return -1;
    mode_t mask = umask(0177);
    int bound = bind(place->listener, (struct sockaddr *)&address, sizeof address);
    if (bound < 0 && errno == EADDRINUSE && is_stale(&address)) {
        unlinkat(place->socket_directory, place->socket_name, 0);
        bound = bind(place->listener, (struct sockaddr *)&address, sizeof address);
    }
    int error = errno;
    umask(mask);
    errno = error;
    return bound < 0 ? -1 : listen(place->listener, 64);
}

static void close_place(const struct monitor_place *place) {
    if (place->listener >= 0) close(place->listener);
    if (place->directory >= 0) close(place->directory);
    if (place->socket_directory >= 0) close(place->socket_directory);
}

/* 0, or -1 with errno and what it was about. */
static int open_place(struct monitor_place *place, const struct text *socket_path, const char *directory, const char **what) {
    char parent[4096];
    const char *slash = strrchr(socket_path->at, '/');
    size_t length = slash ? (size_t)(slash - socket_path->at) : 0;
    *what = "socket";
    errno = EINVAL;
    if (!slash || length >= sizeof parent || strlen(slash + 1) >= sizeof place->socket_name) return -1;
    memcpy(parent, socket_path->at, length);
    memcpy(parent + length, "/", 2);
    strcpy(place->socket_name, slash + 1);
    place->socket_directory = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place->socket_directory < 0 || listen_at(place) < 0) return -1;
    *what = "directory";
    place->directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place->directory >= 0) return 0;
    int error = errno;
    unlinkat(place->socket_directory, place->socket_name, 0);
    errno = error;
    return -1;
}

static int start_monitor(struct zygote *zygote, struct frame *frame) {
    struct monitor_place place = {.listener = -1, .directory = -1, .socket_directory = -1};
    struct text socket_path = take_string(&frame->body), directory = take_string(&frame->body);
    const char *what = "request";
    uint32_t pid = 0;
    int error = cursor_done(&frame->body) ? 0 : EINVAL;
    if (!error && open_place(&place, &socket_path, directory.at, &what) < 0) error = errno;
    if (!error) {
        pid_t child = fork();
        if (child == 0) {
            uint16_t count = (uint16_t)zygote->run_count;
            while (count-- > 0) close(zygote->runs[count].fd);
            stream_close(&zygote->channel);
            set_title("gantry-monitor");
            monitor_main(&place);
        }
        what = "fork";
        if (child < 0) error = errno;
        pid = (uint32_t)child;
    }
    close_place(&place);
    if (error) return stream_error(&zygote->channel, frame->id, error, what);
    return stream_send(&zygote->channel, MSG_OK, frame->id, &pid, sizeof pid);
}

static int serve_requests(struct zygote *zygote) {
    struct frame frame;
    int found;
    while (zygote->run_count < RUN_MAXIMUM && (found = stream_next(&zygote->channel, &frame))) {
        if (found < 0) return -1;
        int failed = frame.type == MSG_RUN ? run(zygote, &frame) : frame.type == MSG_MONITOR ? start_monitor(zygote, &frame) : -1;
        if (failed < 0) return -1;
    }
    return 0;
}

static int serve(struct zygote *zygote) {
    struct pollfd set[RUN_MAXIMUM + 1];
    unsigned runs = zygote->run_count;
    short events = (short)((runs < RUN_MAXIMUM ? POLLIN : 0) | (zygote->channel.out_length ? POLLOUT : 0));
    set[RUN_MAXIMUM] = (struct pollfd){0};
    set[0] = (struct pollfd){zygote->channel.fd, events, 0};
    for (unsigned i = 0; i < runs; i++) set[i + 1] = (struct pollfd){zygote->runs[i].fd, POLLIN, 0};
    if (poll(set, runs + 1, -1) < 0) return errno == EINTR ? 0 : -1;
    for (unsigned i = runs; i-- > 0;)
        if (set[i + 1].revents && finish_run(zygote, i) < 0) return -1;
    if (set[0].revents & POLLOUT && stream_flush(&zygote->channel) < 0) return -1;
    if (set[0].revents & (POLLIN | POLLHUP | POLLERR) && runs < RUN_MAXIMUM && !stream_fill(&zygote->channel)) return -1;
    return serve_requests(zygote);
}

/* The lock belongs to the open file that Node holds too: it ends with Node, however that ends, and not with this copy. */
static uint32_t take_lock(void) {
    int failed = flock(LOCK_FD, LOCK_EX | LOCK_NB) < 0;
    int error = errno;
    close(LOCK_FD);
    return !failed ? LOCK_HELD : error == EWOULDBLOCK ? LOCK_CONFLICT : LOCK_FAILED;
}

int zygote_main(int argc, char **argv) {
    struct zygote zygote = {0};
    int locks = argc > 1 && !strcmp(argv[1], "lock");
    char *again[] = {"gantry-helper", argv[0], locks ? argv[1] : NULL, NULL};
    struct {
        uint32_t version, lock;
    } hello = {PROTOCOL_VERSION, LOCK_NONE};
    if (fcntl(CHANNEL_FD, F_SETFL, O_NONBLOCK) < 0) return 64;
    stream_open(&zygote.channel, CHANNEL_FD);
    if (run_sealed(again) < 0) {
        stream_error(&zygote.channel, 0, errno, "sealed copy of the helper");
        return 1;
    }
    fcntl(CHANNEL_FD, F_SETFD, FD_CLOEXEC);
    prctl(PR_SET_NAME, "gantry-zygote", 0, 0, 0);
    /* A ^C at the engine's terminal is the engine's to handle. */
    setsid();
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    title = argv[-1];
    title_size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - title);
    if (locks) hello.lock = take_lock();
    if (chdir("/") < 0 || stream_send(&zygote.channel, MSG_HELLO, 0, &hello, sizeof hello) < 0) return 1;
    while (serve(&zygote) == 0) continue;
    return 0;
}
