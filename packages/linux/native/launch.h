/* Cloning a process and following it until its program is executed. */
#ifndef GANTRY_LAUNCH_H
#define GANTRY_LAUNCH_H

#include "steps.h"

enum phase { PHASE_BEFORE_CLONE, PHASE_AFTER_CLONE, PHASE_PROCESS };

struct failure {
    uint32_t phase, index, error;
    /* When the process was killed during the step: the signal; error is then 0. */
    uint32_t signal;
};

struct launch {
    pid_t pid;
    int pidfd, control;
    /* The monitor's ends; -1 where there is none. */
    int stdin_fd, output_fd[2];
    struct progress *progress;
    uint32_t last_index;
};

/* The programs and flags of a launch request. */
struct launch_request {
    uint64_t clone_flags, output_limit;
    uint32_t open_stdin;
    struct program before, after, process;
};

int launch_decode(struct cursor *cursor, struct launch_request *request);
void launch_request_free(struct launch_request *request);
/* Runs the steps around the clone and lets the process begin its own. 0, or -1 with the failure; nothing is left then. */
int launch_begin(struct launch *launch, const struct launch_request *request, struct failure *failure);

enum launch_event { LAUNCH_NOTHING, LAUNCH_TERMINAL, LAUNCH_BARRIER, LAUNCH_EXECUTED, LAUNCH_FAILED };
/* Takes one word from the process. LAUNCH_TERMINAL hands over master and slave. */
enum launch_event launch_event(struct launch *launch, int terminal[2]);
/* What failed, once LAUNCH_FAILED was seen and the process was reaped with this status. */
struct failure launch_failure(const struct launch *launch, int status);

#endif
