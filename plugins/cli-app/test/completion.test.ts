import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { shellScripts } from "../src/completion/shell-scripts.ts";
import { runCli } from "./support/run-cli.ts";

const documents = {
  "/containers/json": [
    { Id: "1", Names: ["/web"], Image: "base" },
    { Id: "2", Names: ["/worker"], Image: "x" },
  ],
  "/images/json": [{ Id: "sha256:1", RepoTags: ["base:latest", "busybox:1"] }],
  "/volumes": { Volumes: [{ Name: "v1" }] },
};

async function complete(...words: string[]): Promise<string[]> {
  const { stdout } = await runCli(["__complete", ...words], { documents });
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => line.split("\t")[0]!);
}

describe("completion", () => {
  it.each([
    [["ru"], ["run"]],
    [["vol"], ["volume"]],
    [
      ["volume", ""],
      ["create", "inspect", "ls", "list", "prune", "rm", "remove"],
    ],
    [["container", "pr"], ["prune"]],
    [
      ["--data-root", "/x", "-D", "pu"],
      ["pull", "put"],
    ],
    [["--tlsc"], ["--tlscacert", "--tlscert"]],
    [["rm", "--f"], ["--force"]],
    [
      ["rm", "w"],
      ["web", "worker"],
    ],
    [["rm", "-f", "web", "wo"], ["worker"]],
    [["exec", "-it", "web", ""], []],
    [["run", "-m", ""], []],
    [
      ["run", "--rm", "b"],
      ["base:latest", "busybox:1"],
    ],
    [["volume", "rm", ""], ["v1"]],
    [
      ["inspect", "b"],
      ["base:latest", "busybox:1"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["nonsense", "x", ""], []],
  ])("of %j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  it("tells what a command does", async () => {
    expect((await runCli(["__complete", "paus"])).stdout).toBe(
      "pause\tPause all processes within one or more containers\n",
    );
  });

  it("is silent without an engine", async () => {
    const errors = { document: new Error("no engine") };
    expect(await runCli(["__complete", "rm", ""], { errors })).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it("has a script for each shell", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      expect((await runCli(["completion", shell])).stdout).toBe(shellScripts[shell]);
    }
    expect(await runCli(["completion", "ksh"])).toMatchObject({ status: 1, stdout: "" });
  });

  it.skipIf(!existsSync("/bin/bash"))("works in bash", () => {
    const script = `
      docker() { shift; printf '%s\\tsummary\\n' "first:$*" second; }
      ${shellScripts["bash"]!}
      COMP_WORDS=(docker run --rm b) COMP_CWORD=3
      _docker_complete
      printf '[%s]' "\${COMPREPLY[@]}"`;
    expect(execFileSync("/bin/bash", ["-c", script], { encoding: "utf8" })).toBe("[first:run --rm b][second]");
  });
});
