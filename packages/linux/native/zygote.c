#include "tools.h"

int zygote_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return 1;
}
