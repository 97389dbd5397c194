#include "tools.h"

int tree_write_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return 1;
}
