#ifndef GANTRY_SEAL_H
#define GANTRY_SEAL_H

/*
 * Goes on in a sealed copy of this program in memory, so that no container process can reach the file on the host through
 * /proc/PID/exe and overwrite it (CVE-2019-5736). Returns 0 in the copy, -1 with errno where there can be none.
 */
int run_sealed(char **argv);

#endif
