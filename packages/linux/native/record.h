/* The records that a monitor keeps on disk: output, launch and exit. */
#ifndef GANTRY_RECORD_H
#define GANTRY_RECORD_H

#include <stdint.h>
#include <sys/types.h>

enum { SEGMENT_MAXIMUM = 256 };

struct segment {
    /* Where its first byte stands among all bytes of output. */
    uint64_t start;
    /* Bytes of the file, headers included. */
    uint64_t size;
};

/* Segment files `output.<start, 16 hexadecimal digits>`; a record in them is a header and the bytes. */
struct record {
    int directory, fd;
    uint64_t end, limit, segment_limit;
    struct segment segments[SEGMENT_MAXIMUM];
    unsigned count;
};

struct record_header {
    uint64_t time;
    uint32_t length;
    uint8_t stream, padding[3];
};

/* Continues what the directory holds; a torn last record is cut off. 0, or -1 with errno. */
int record_open(struct record *record, int directory, uint64_t limit);
/* Appends one record. What the disk does not take is counted, so that a reader sees the gap. */
void record_append(struct record *record, uint8_t stream, const void *bytes, uint32_t length);
/* Drops the segments whose bytes all lie before the position. */
void record_release(struct record *record, uint64_t before);

uint64_t time_now(void);
/* Writes a small file at once: as NAME.new first, then renamed. 0, or -1 with errno. */
int write_record_file(int directory, const char *name, const char *text);
/* Makes NAME.new, so that the file can be written when the disk is full. */
int reserve_record_file(int directory, const char *name);
/* The start time of a process in clock ticks after boot, or 0; with the pid it names the process for good. */
uint64_t process_start_time(pid_t pid);

#endif
