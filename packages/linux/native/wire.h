/* Frames and byte cursors of the helper's protocol; docs/reference/helper-protocol.md describes it. */
#ifndef GANTRY_WIRE_H
#define GANTRY_WIRE_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the protocol is little-endian and read in place"
#endif

enum { PROTOCOL_VERSION = 1, FRAME_HEADER = 8, FRAME_LIMIT = 4 << 20, PENDING_LIMIT = 1 << 20 };

enum message {
    MSG_HELLO = 1,
    MSG_OK = 2,
    MSG_ERROR = 3,
    MSG_STEP_FAILED = 4,
    MSG_EXITED = 5,
    MSG_MONITOR = 16,
    MSG_RUN = 17,
    MSG_LAUNCH = 32,
    MSG_START = 33,
    MSG_STATUS = 34,
    MSG_SIGNAL = 35,
    MSG_RESIZE = 36,
    MSG_STDIN = 37,
    MSG_CLOSE_STDIN = 38,
    MSG_WATCH = 39,
    MSG_RELEASE = 40,
};

/* Reads fields in order. A field that does not fit sets `bad` and reads as zero; the caller looks once, at the end. */
struct cursor {
    const uint8_t *at, *end;
    int bad;
};

struct text {
    const char *at;
    uint32_t length;
};

uint32_t take_u32(struct cursor *cursor);
uint64_t take_u64(struct cursor *cursor);
uint8_t take_u8(struct cursor *cursor);
/* Any bytes, with their length. */
struct text take_bytes(struct cursor *cursor);
/* Bytes that hold no NUL but the one that ends them: a C string in place. */
struct text take_string(struct cursor *cursor);
/* True when everything was read and nothing was bad. */
int cursor_done(const struct cursor *cursor);

struct frame {
    uint8_t type, flags;
    uint16_t id;
    struct cursor body;
};

/* A non-blocking socket with its buffers. */
struct stream {
    int fd;
    uint8_t *in, *out;
    size_t in_length, in_capacity, out_length, out_capacity, consumed;
};

void stream_open(struct stream *stream, int fd);
void stream_close(struct stream *stream);
/* Reads what is there; 0 at the end of the stream or when it is broken. */
int stream_fill(struct stream *stream);
/* 1: a frame, valid until the next call; 0: none complete; -1: malformed. */
int stream_next(struct stream *stream, struct frame *frame);
/* Queues a frame and sends what the socket takes; -1 when the peer is gone or reads nothing. */
int stream_send(struct stream *stream, enum message type, uint16_t id, const void *body, uint32_t length);
int stream_error(struct stream *stream, uint16_t id, int error, const char *what);
/* 0: all sent, 1: some left, -1: broken. */
int stream_flush(struct stream *stream);

#endif
