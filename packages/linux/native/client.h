/* The clients of a monitor and what they have under way. */
#ifndef GANTRY_CLIENT_H
#define GANTRY_CLIENT_H

#include "wire.h"

enum { CLIENT_MAXIMUM = 64, STDIN_CHUNK = 64 << 10 };

struct client {
    struct stream stream;
    /* A client waits for output after this position. */
    int watching;
    uint16_t watch_id;
    uint64_t watch_position;
    /* The one piece of standard input that a client may have under way. */
    uint8_t *input;
    uint32_t input_length, input_written;
    uint16_t input_id;
    uint64_t input_order;
};

#endif
