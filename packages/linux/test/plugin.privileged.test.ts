import { FileTree, Kernel, Mounter, Paths, bind } from "@gantry/core";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Helper } from "../src/helper.ts";
import { linuxHelper } from "../src/plugin.ts";
import { Bench } from "./bench.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await bench.close();
});

it("is wired by the kernel and owns the data root until the kernel stops", async () => {
  const paths = { dataRoot: bench.directory, execRoot: bench.directory };
  const options = () => ({ plugins: [linuxHelper()], values: [bind(Paths, paths)] });
  const kernel = await Kernel.start(options());
  try {
    await kernel.get(Helper).run([]);
    expect(kernel.get(Mounter)).toBeDefined();
    expect(kernel.get(FileTree)).toBeDefined();
    await expect(Kernel.start(options())).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
  } finally {
    await kernel.stop();
  }
  await (await Kernel.start(options())).stop();
});
