#ifndef GANTRY_MONITOR_H
#define GANTRY_MONITOR_H

#include "client.h"
#include "launch.h"
#include "record.h"

enum state { STATE_IDLE, STATE_PREPARING, STATE_CREATED, STATE_STARTING, STATE_RUNNING };

/* One monitor: everything it knows. */
struct monitor {
    enum state state;
    int listener, signals, directory, socket_directory;
    char socket_name[108];
    struct client *clients[CLIENT_MAXIMUM];
    unsigned client_count;
    /* Who launched: when it goes before it said start, the process goes too. */
    struct client *launcher;
    /* Who awaits the end of launch or start. */
    struct client *waiter;
    uint16_t waiter_id;
    struct launch launch;
    int reaped, status;
    /* Holds the mounts of the process together until its end is reported: taking them down takes longer than all else. */
    int mounts;
    int terminal, terminal_slave;
    int close_stdin;
    uint64_t input_order, exited_at;
    struct record record;
};

/* Where the socket is, opened by the zygote before the fork so that it can report what fails. */
struct monitor_place {
    int listener, directory, socket_directory;
    char socket_name[108];
};

_Noreturn void monitor_main(const struct monitor_place *place);

/* monitor-requests.c: answers one frame; -1 when the client is to be dropped. */
int monitor_request(struct monitor *monitor, struct client *client, struct frame *frame);
/* Answers the client that awaits launch or start, if it is still there. */
void answer_waiter(struct monitor *monitor, const struct failure *failure);
/* Gives the socket's place up, before the last news: whoever hears it may at once listen there again. */
void monitor_retire(struct monitor *monitor);
/* Lets the mounts of the process go, which are taken down before this returns unless somebody else has them. */
void monitor_release_mounts(struct monitor *monitor);
/* Ends a monitor whose process is gone or never came to be. Clients see their connection end when its mounts are gone. */
_Noreturn void monitor_finish(struct monitor *monitor);

/* monitor-streams.c */
int stdin_pending(const struct monitor *monitor);
void stdin_write(struct monitor *monitor);
/* Reads once from each stream that has something and records it. */
void output_read(struct monitor *monitor, unsigned stream);
/* What is in the streams right now, without waiting for those who still hold them. */
void output_drain(struct monitor *monitor);
void answer_watches(struct monitor *monitor);

#endif
