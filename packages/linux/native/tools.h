#ifndef GANTRY_TOOLS_H
#define GANTRY_TOOLS_H

int zygote_main(int argc, char **argv);
int tree_write_main(int argc, char **argv);
int tree_walk_main(int argc, char **argv);
int init_main(int argc, char **argv);

#endif
