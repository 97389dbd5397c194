#define _GNU_SOURCE
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MINIMUM = 1 << 20, SEGMENT_SMALLEST = 128 << 10, SEGMENT_LARGEST = 4 << 20, NAME_SIZE = 32, RECORD_FILE_SIZE = 200 };

uint64_t time_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void segment_name(char name[NAME_SIZE], uint64_t start) {
    snprintf(name, NAME_SIZE, "output.%016" PRIx64, start);
}

static int by_start(const void *a, const void *b) {
    const struct segment *left = a, *right = b;
    return left->start < right->start ? -1 : left->start > right->start;
}

static int find_segments(struct record *record) {
    int fd = openat(record->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing) return -1;
    for (struct dirent *entry; (entry = readdir(listing));) {
        struct stat status;
        char *rest;
        if (strncmp(entry->d_name, "output.", 7) || strlen(entry->d_name) != 23) continue;
        uint64_t start = strtoull(entry->d_name + 7, &rest, 16);
        if (*rest || fstatat(record->directory, entry->d_name, &status, 0) < 0) continue;
        if (record->count == SEGMENT_MAXIMUM) break;
        record->segments[record->count++] = (struct segment){start, (uint64_t)status.st_size};
    }
    closedir(listing);
    qsort(record->segments, record->count, sizeof record->segments[0], by_start);
    return 0;
}

/* Walks the headers of the last segment to find the end, and cuts off what a crash left half written. */
static int resume_last(struct record *record) {
    char name[NAME_SIZE];
    struct record_header header;
    struct segment *last = &record->segments[record->count - 1];
    segment_name(name, last->start);
    record->fd = openat(record->directory, name, O_RDWR | O_APPEND | O_CLOEXEC);
    if (record->fd < 0) return -1;
    uint64_t at = 0;
    record->end = last->start;
    while (pread(record->fd, &header, sizeof header, (off_t)at) == (ssize_t)sizeof header) {
        if (!header.length || header.length > last->size - at - sizeof header) break;
        at += sizeof header + header.length;
        record->end += header.length;
    }
    last->size = at;
    return ftruncate(record->fd, (off_t)at);
}

int record_open(struct record *record, int directory, uint64_t limit) {
    *record = (struct record){.directory = directory, .fd = -1};
    record->limit = limit < LIMIT_MINIMUM ? LIMIT_MINIMUM : limit;
    uint64_t size = record->limit / 8;
    if (size > SEGMENT_LARGEST) size = SEGMENT_LARGEST;
    if (size < SEGMENT_SMALLEST) size = SEGMENT_SMALLEST;
    /* The table of segments is of fixed size: a very large record has larger segments. */
    if (size < record->limit / (SEGMENT_MAXIMUM / 2)) size = record->limit / (SEGMENT_MAXIMUM / 2);
    record->segment_limit = size;
    if (find_segments(record) < 0) return -1;
    return record->count ? resume_last(record) : 0;
}

static void drop_oldest(struct record *record) {
    char name[NAME_SIZE];
    segment_name(name, record->segments[0].start);
    unlinkat(record->directory, name, 0);
    record->count--;
    memmove(record->segments, record->segments + 1, record->count * sizeof record->segments[0]);
}

static int begin_segment(struct record *record) {
    char name[NAME_SIZE];
    if (record->count == SEGMENT_MAXIMUM) drop_oldest(record);
    segment_name(name, record->end);
    int fd = openat(record->directory, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    if (record->fd >= 0) close(record->fd);
    record->fd = fd;
    /* An empty last segment bears this name already. */
    if (!record->count || record->segments[record->count - 1].start != record->end) record->count++;
    record->segments[record->count - 1] = (struct segment){record->end, 0};
    return 0;
}

static int write_whole(struct record *record, const struct record_header *header, const void *bytes) {
    struct segment *last = &record->segments[record->count - 1];
    struct iovec parts[2] = {{(void *)header, sizeof *header}, {(void *)bytes, header->length}};
    ssize_t n, whole = (ssize_t)(sizeof *header + header->length);
    do n = writev(record->fd, parts, 2);
    while (n < 0 && errno == EINTR);
    if (n == whole) {
        last->size += (uint64_t)whole;
        return 0;
    }
    /* A tail that cannot be cut off must not be appended to. */
    if (ftruncate(record->fd, (off_t)last->size) < 0) {
        close(record->fd);
        record->fd = -1;
    }
    return -1;
}

void record_append(struct record *record, uint8_t stream, const void *bytes, uint32_t length) {
    struct record_header header = {.time = time_now(), .length = length, .stream = stream};
    int ready = record->fd >= 0 && record->segments[record->count - 1].size < record->segment_limit;
    ready = ready || begin_segment(record) == 0;
    while (!ready || write_whole(record, &header, bytes) < 0) {
        ready = record->fd >= 0;
        /* A full disk: older output makes room for newer. Without any, a gap is left and the next try has a new segment. */
        if (record->count > 1) {
            drop_oldest(record);
            ready = ready || begin_segment(record) == 0;
            continue;
        }
        if (record->fd >= 0) close(record->fd);
        record->fd = -1;
        break;
    }
    record->end += length;
    uint64_t total = 0;
    for (unsigned i = 0; i < record->count; i++) total += record->segments[i].size;
    for (; record->count > 1 && total > record->limit; drop_oldest(record)) total -= record->segments[0].size;
}

void record_release(struct record *record, uint64_t before) {
    while (record->count > 1 && record->segments[1].start <= before) drop_oldest(record);
}

static int write_temporary(int directory, const char *name, const char *text, char temporary[NAME_SIZE]) {
    char bytes[RECORD_FILE_SIZE];
    snprintf(temporary, NAME_SIZE, "%s.new", name);
    snprintf(bytes, sizeof bytes, "%-*s", RECORD_FILE_SIZE - 1, text);
    bytes[sizeof bytes - 1] = '\n';
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    ssize_t n = write(fd, bytes, sizeof bytes);
    int error = n < 0 ? errno : ENOSPC;
    close(fd);
    errno = error;
    return n == (ssize_t)sizeof bytes ? 0 : -1;
}

int reserve_record_file(int directory, const char *name) {
    char temporary[NAME_SIZE];
    return write_temporary(directory, name, "", temporary);
}

int write_record_file(int directory, const char *name, const char *text) {
    char temporary[NAME_SIZE];
    if (write_temporary(directory, name, text, temporary) < 0) return -1;
    return renameat(directory, temporary, directory, name);
}

uint64_t process_start_time(pid_t pid) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = 0;
    /* The name, in parentheses, may hold anything; 20 fields after it stands the start time. */
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}
