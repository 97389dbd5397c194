#include "tools.h"

int tree_walk_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return 1;
}
