/** How the ids of health probes begin, which no later engine takes up. */
export const probePrefix = "probe-";
