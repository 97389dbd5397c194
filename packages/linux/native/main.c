/* Dispatch: one static program, several small tools. */
#include <stdio.h>
#include <string.h>
#include "tools.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} tools[] = {
    {"zygote", zygote_main},
    {"tree-write", tree_write_main},
    {"tree-walk", tree_walk_main},
    {"init", init_main},
};

int main(int argc, char **argv) {
    for (unsigned i = 0; argc > 1 && i < sizeof tools / sizeof tools[0]; i++)
        if (!strcmp(argv[1], tools[i].name)) return tools[i].run(argc - 1, argv + 1);
    fprintf(stderr, "gantry-helper is started by the engine, not by hand\n");
    return 64;
}
