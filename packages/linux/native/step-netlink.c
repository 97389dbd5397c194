#define _GNU_SOURCE
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "steps.h"

/* How many of the messages ask for an acknowledgement; -1 when they are malformed. */
static int count_acknowledged(const char *at, size_t length) {
    int count = 0;
    struct nlmsghdr header;
    while (length >= sizeof header) {
        memcpy(&header, at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length) return -1;
        if (header.nlmsg_flags & NLM_F_ACK) count++;
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        if (step >= length) return count;
        at += step;
        length -= step;
    }
    return length ? -1 : count;
}

static int await_acknowledgements(int fd, int expected) {
    union {
        struct nlmsghdr header;
        char bytes[8192];
    } buffer;
    while (expected > 0) {
        ssize_t n = recv(fd, &buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        size_t left = (size_t)n;
        for (struct nlmsghdr *at = &buffer.header; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
            if (at->nlmsg_type != NLMSG_ERROR) continue;
            const struct nlmsgerr *result = NLMSG_DATA(at);
            if (result->error) return -result->error;
            expected--;
        }
    }
    return 0;
}

int step_netlink(struct runner *runner, const struct step *step) {
    (void)runner;
    const struct text *message = &step->text[0];
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    struct timeval patience = {.tv_sec = 10};
    int expected = count_acknowledged(message->at, message->length);
    if (expected < 0) return EINVAL;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)step->number[0]);
    if (fd < 0) return errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t n = sendto(fd, message->at, message->length, 0, (struct sockaddr *)&kernel, sizeof kernel);
    int error = n < 0 ? errno : await_acknowledgements(fd, expected);
    close(fd);
    return error;
}
