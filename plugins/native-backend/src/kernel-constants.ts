export const SIGKILL = 9;

/** RLIM_INFINITY */
export const unlimited = 0xffff_ffff_ffff_ffffn;
