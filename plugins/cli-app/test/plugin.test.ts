import { Command, Kernel, bind } from "@gantry/core";
import { expect, it } from "vitest";

import { EngineConnector, cliApp, commandTable } from "../src/index.ts";
import { fakeEngine } from "./support/fake-engine.ts";
import { fakeHost } from "./support/fake-host.ts";

it("contributes every command of the table, with its connector", async () => {
  const engine = fakeEngine({ documents: { "/containers/json": [] } });
  await using kernel = await Kernel.start({
    plugins: [cliApp()],
    values: [bind(EngineConnector, { connect: async () => engine })],
  });
  const commands = kernel.getAll(Command);
  expect(commands.map(({ path }) => path)).toEqual(commandTable.map(({ path }) => path));
  const ps = commands.find(({ path }) => path[0] === "ps")!;
  const host = fakeHost();
  expect(await ps.run({ arguments: [], options: {}, host })).toBe(0);
  expect(host.output.stdout).toMatch(/^CONTAINER ID/);
});
