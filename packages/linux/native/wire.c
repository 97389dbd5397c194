#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t *take(struct cursor *cursor, size_t length) {
    if (cursor->bad || (size_t)(cursor->end - cursor->at) < length) {
        cursor->bad = 1;
        return NULL;
    }
    const uint8_t *from = cursor->at;
    cursor->at += length;
    return from;
}

static void take_into(struct cursor *cursor, void *to, size_t length) {
    const uint8_t *from = take(cursor, length);
    if (from) memcpy(to, from, length);
}

uint8_t take_u8(struct cursor *cursor) {
    uint8_t value = 0;
    take_into(cursor, &value, sizeof value);
    return value;
}

uint32_t take_u32(struct cursor *cursor) {
    uint32_t value = 0;
    take_into(cursor, &value, sizeof value);
    return value;
}

uint64_t take_u64(struct cursor *cursor) {
    uint64_t value = 0;
    take_into(cursor, &value, sizeof value);
    return value;
}

struct text take_bytes(struct cursor *cursor) {
    uint32_t length = take_u32(cursor);
    const uint8_t *from = take(cursor, length);
    return from ? (struct text){(const char *)from, length} : (struct text){"", 0};
}

struct text take_string(struct cursor *cursor) {
    struct text text = take_bytes(cursor);
    const uint8_t *nul = take(cursor, 1);
    if (!nul || *nul || memchr(text.at, 0, text.length)) {
        cursor->bad = 1;
        return (struct text){"", 0};
    }
    return text;
}

int cursor_done(const struct cursor *cursor) {
    return !cursor->bad && cursor->at == cursor->end;
}

void stream_open(struct stream *stream, int fd) {
    *stream = (struct stream){.fd = fd};
}

void stream_close(struct stream *stream) {
    if (stream->fd >= 0) close(stream->fd);
    free(stream->in);
    free(stream->out);
    *stream = (struct stream){.fd = -1};
}

static int reserve(uint8_t **buffer, size_t *capacity, size_t needed) {
    if (needed <= *capacity) return 0;
    size_t grown = *capacity ? *capacity : 4096;
    while (grown < needed) grown *= 2;
    uint8_t *moved = realloc(*buffer, grown);
    if (!moved) return -1;
    *buffer = moved;
    *capacity = grown;
    return 0;
}

/* The bytes that the frame at the front takes, as far as its header is there; 0 when it asks for too much. */
static size_t front_size(const struct stream *stream) {
    uint32_t length;
    if (stream->in_length < FRAME_HEADER) return FRAME_HEADER;
    memcpy(&length, stream->in + 4, sizeof length);
    return length > FRAME_LIMIT ? 0 : FRAME_HEADER + (size_t)length;
}

static void drop_consumed(struct stream *stream) {
    if (!stream->consumed) return;
    stream->in_length -= stream->consumed;
    memmove(stream->in, stream->in + stream->consumed, stream->in_length);
    stream->consumed = 0;
    /* A launch program may be large and comes once: an idle monitor keeps no memory for it. */
    if (!stream->in_length && stream->in_capacity > 8192) {
        free(stream->in);
        stream->in = NULL;
        stream->in_capacity = 0;
    }
}

int stream_fill(struct stream *stream) {
    drop_consumed(stream);
    size_t size = front_size(stream), wanted = stream->in_length + 4096;
    if (reserve(&stream->in, &stream->in_capacity, size > wanted ? size : wanted) < 0) return 0;
    ssize_t n;
    do n = read(stream->fd, stream->in + stream->in_length, stream->in_capacity - stream->in_length);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) return 1;
    if (n <= 0) return 0;
    stream->in_length += (size_t)n;
    return 1;
}

int stream_next(struct stream *stream, struct frame *frame) {
    drop_consumed(stream);
    size_t size = front_size(stream);
    if (!size) return -1;
    if (stream->in_length < size || stream->in_length < FRAME_HEADER) return 0;
    frame->type = stream->in[0];
    frame->flags = stream->in[1];
    memcpy(&frame->id, stream->in + 2, sizeof frame->id);
    frame->body = (struct cursor){stream->in + FRAME_HEADER, stream->in + size, 0};
    stream->consumed = size;
    return 1;
}

int stream_flush(struct stream *stream) {
    size_t sent = 0;
    int result = 0;
    while (sent < stream->out_length) {
        ssize_t n = send(stream->fd, stream->out + sent, stream->out_length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            result = errno == EAGAIN ? 1 : -1;
            break;
        }
        sent += (size_t)n;
    }
    stream->out_length -= sent;
    memmove(stream->out, stream->out + sent, stream->out_length);
    return result;
}

int stream_send(struct stream *stream, enum message type, uint16_t id, const void *body, uint32_t length) {
    size_t needed = stream->out_length + FRAME_HEADER + length;
    if (stream->fd < 0 || needed > PENDING_LIMIT || reserve(&stream->out, &stream->out_capacity, needed) < 0) return -1;
    uint8_t *at = stream->out + stream->out_length;
    at[0] = (uint8_t)type;
    at[1] = 0;
    memcpy(at + 2, &id, sizeof id);
    memcpy(at + 4, &length, sizeof length);
    if (length) memcpy(at + FRAME_HEADER, body, length);
    stream->out_length = needed;
    return stream_flush(stream) < 0 ? -1 : 0;
}

int stream_error(struct stream *stream, uint16_t id, int error, const char *what) {
    struct {
        uint32_t error, length;
        char text[120];
    } body = {.error = (uint32_t)error};
    size_t length = strlen(what);
    if (length > sizeof body.text) length = sizeof body.text;
    memcpy(body.text, what, length);
    body.length = (uint32_t)length;
    return stream_send(stream, MSG_ERROR, id, &body, (uint32_t)(8 + length));
}
