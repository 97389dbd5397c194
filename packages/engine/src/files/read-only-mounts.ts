import type { Mount } from "@gantry/core";

/**
 * Mounts that show the same as a snapshot's and write nothing. The upper directory of an overlay becomes its topmost layer, so
 * that looking at a root takes nothing from whoever mounts it to run.
 */
export function readOnlyMounts(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.map((mount) => {
    const others = mount.options.filter((option) => option !== "rw" && option !== "ro");
    if (mount.type !== "overlay") return { ...mount, options: [...others, "ro"] };
    const upper = others.find((option) => option.startsWith("upperdir="))?.slice("upperdir=".length);
    if (upper === undefined) return { ...mount, options: [...others, "ro"] };
    const escaped = upper.replaceAll(/[\\:]/g, String.raw`\$&`);
    const options = others
      .filter((option) => !option.startsWith("upperdir=") && !option.startsWith("workdir="))
      .map((option) => (option.startsWith("lowerdir=") ? `lowerdir=${escaped}:${option.slice(9)}` : option));
    return { ...mount, options: [...options, "ro"] };
  });
}
