/* An init for containers that ask for one: starts a command, passes signals on to it, and reaps what is left to it. */
#define _GNU_SOURCE
#include "tools.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_USAGE = 64, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

/* A group of its own in the foreground, so that what is typed reaches the command and not its init as well. */
static _Noreturn void run_command(char **argv, const sigset_t *mask) {
    setpgid(0, 0);
    /* From the background this raises SIGTTOU, which is blocked here. Without a terminal it fails, which is as well. */
    tcsetpgrp(STDIN_FILENO, getpgrp());
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    int error = errno;
    fprintf(stderr, "init: cannot execute %s: %s\n", argv[0], strerror(error));
    _exit(error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* The exit code of the command, or -1 while it runs. */
static int reap(pid_t command) {
    int status, code = -1;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != command) continue;
        code = WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return code;
}

int init_main(int argc, char **argv) {
    static const int own[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t waited, before;
    int code = -1;
    if (argc < 3 || strcmp(argv[1], "--")) return EXIT_USAGE;
    sigfillset(&waited);
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++) sigdelset(&waited, own[i]);
    sigprocmask(SIG_SETMASK, &waited, &before);
    pid_t command = fork();
    if (command < 0) {
        fprintf(stderr, "init: cannot fork: %s\n", strerror(errno));
        return EXIT_NOT_EXECUTABLE;
    }
    if (command == 0) run_command(argv + 2, &before);
    while (code < 0) {
        int number = sigwaitinfo(&waited, NULL);
        if (number == SIGCHLD) code = reap(command);
        else if (number > 0) kill(command, number);
    }
    return code;
}
