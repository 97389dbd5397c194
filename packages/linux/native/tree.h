/*
 * What tree-write and tree-walk share: frames, and opening files beneath a root.
 *
 * A frame is u32 length of the body, u8 kind, body; numbers are little endian. A string is u32 length, its bytes, one NUL.
 */
#ifndef GANTRY_TREE_H
#define GANTRY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Buffered input of frames and of raw bytes between them. */
struct tree_input {
    int fd;
    unsigned char buffer[1 << 17];
    size_t start, end;
};

/* One frame, read field by field; `bad` is set by a field that is not there. */
struct tree_frame {
    unsigned char kind;
    unsigned char *body;
    size_t size, at, capacity;
    bool bad;
};

/* False at the end of the input, also in the middle of a frame. */
bool tree_frame_read(struct tree_input *input, struct tree_frame *frame);
/* Up to `size` raw bytes; 0 at the end of the input. */
size_t tree_bytes_read(struct tree_input *input, unsigned char **bytes, size_t size);
uint32_t tree_u32(struct tree_frame *frame);
uint64_t tree_u64(struct tree_frame *frame);
const unsigned char *tree_bytes(struct tree_frame *frame, size_t size);
/* A string without a NUL in it; never NULL. */
const char *tree_string(struct tree_frame *frame);

/* Buffered output of frames. */
void tree_begin(unsigned char kind);
void tree_put(const void *bytes, size_t size);
void tree_put_u32(uint32_t value);
void tree_put_u64(uint64_t value);
void tree_put_string(const char *text, size_t length);
void tree_end(void);
/* Ends the program when nobody reads any more. */
void tree_flush(void);
/* An `E` frame: errno, the operation's index, its path. */
void tree_put_error(int error, uint64_t index, const char *path);

/* openat2(2) with every link resolved as if the root were `/`. The empty path is the root itself. */
int tree_open(int root, const char *path, int flags);
/* `/proc/self/fd/N`: reaches exactly what an O_PATH descriptor names, be it a symlink. */
const char *tree_self(int fd);
/* Labels belong to the host's policy, not to a tree. */
bool tree_xattr_ignored(const char *name);
/* Deep trees hold one descriptor per level. */
void tree_raise_limits(void);
/* Removes an entry with all it holds; 0 or an errno. A missing entry is no error. */
int tree_remove(int parent, const char *name);
/* Removes what a directory holds. Takes over the descriptor. */
int tree_clear(int directory);

#endif
