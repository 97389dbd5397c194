/** Constants of the kernel's interface, from linux/mount.h and linux/sched.h. */

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_BIND = 0x1000;
export const MS_REC = 0x4000;
export const MS_PRIVATE = 0x4_0000;
export const MS_SLAVE = 0x8_0000;
export const MS_SHARED = 0x10_0000;

export const SIGKILL = 9;

/** RLIM_INFINITY */
export const unlimited = 0xffff_ffff_ffff_ffffn;
