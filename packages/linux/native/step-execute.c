#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "steps.h"

static const char *search_path(char **environment) {
    const char *path = "/bin:/usr/bin";
    for (; *environment; environment++)
        if (!strncmp(*environment, "PATH=", 5)) path = *environment + 5;
    return path;
}

/* As execvp(3) searches, but a file without a known format is an error and not a shell script. */
static int execute_on_path(const char *path, char **argv, char **environment) {
    int denied = 0;
    for (;;) {
        char file[PATH_MAX];
        const char *end = strchrnul(path, ':');
        int length = end == path ? snprintf(file, sizeof file, "./%s", argv[0])
                                 : snprintf(file, sizeof file, "%.*s/%s", (int)(end - path), path, argv[0]);
        if (length < (int)sizeof file) {
            execve(file, argv, environment);
            if (errno == EACCES) denied = 1;
            else if (errno != ENOENT && errno != ENOTDIR) return errno;
        }
        if (!*end) return denied ? EACCES : ENOENT;
        path = end + 1;
    }
}

int step_execute(struct runner *runner, const struct step *step) {
    char **argv = step->list[0], **environment = step->list[1];
    if (runner->control < 0 || !argv[0]) return EINVAL;
    if (!*argv[0]) return ENOENT;
    if (!strchr(argv[0], '/')) return execute_on_path(search_path(environment), argv, environment);
    execve(argv[0], argv, environment);
    return errno;
}
