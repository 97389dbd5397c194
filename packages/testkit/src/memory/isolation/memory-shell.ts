import { type MemoryProcess, ProgramEnd } from "./memory-process.ts";

type Words = readonly string[];
type Command = (
  process: MemoryProcess,
  words: Words,
  out: (text: string | Uint8Array) => Promise<void>,
) => Promise<number | void>;

const signals = new Map([
  ["INT", 2],
  ["TERM", 15],
  ["WINCH", 28],
]);

/** The programs there are, as `/bin` would hold them. */
const programs: Readonly<Record<string, Command>> = {
  true: async () => 0,
  false: async () => 1,
  echo: async (_process, words, out) => out(`${words.join(" ")}\n`),
  printf: async (_process, [format = "", ...words], out) =>
    out(words.map((word) => format.replaceAll("%s", () => word)).join("")),
  pwd: async ({ spec }, _words, out) => out(`${spec.cwd}\n`),
  hostname: async ({ hostname }, _words, out) => out(`${hostname}\n`),
  id: async ({ spec: { user } }, [flag], out) => out(`${flag === "-g" ? user.gid : user.uid}\n`),
  sleep: async (process, [seconds]) => process.sleep(Number(seconds) * 1000),
  stty: async ({ terminal }, _words, out) => {
    if (terminal === undefined) return 1;
    await out(`${terminal.size.rows} ${terminal.size.columns}\n`);
    return 0;
  },
  cat: async (process, _words, out) => {
    for (let bytes = await process.read(); bytes !== undefined; bytes = await process.read()) await out(bytes);
    return 0;
  },
  sh: async (process, [flag, script = ""]) => (flag === "-c" ? new MemoryShell(process).run(script) : 2),
};

/** Whether there is such a program: `echo`, `/bin/echo`. */
export function findProgram(name: string, path: string): Command | undefined {
  const [, base = name] = /^\/bin\/([^/]+)$/.exec(name) ?? [];
  const reachable = base !== name || path.split(":").includes("/bin");
  return reachable && Object.hasOwn(programs, base) ? programs[base] : undefined;
}

/**
 * A shell of a few words, for processes that are none. It knows simple commands, `;`, `while true; do …; done`, quotes,
 * `$NAME`, `>&2`, and the builtins `exit`, `trap`, `read` and `exec 0<&-`. What it does not know is an error, as in any shell.
 */
export class MemoryShell {
  readonly #process: MemoryProcess;
  readonly #variables: Map<string, string>;

  constructor(process: MemoryProcess) {
    this.#process = process;
    this.#variables = new Map(
      process.spec.env.map((entry) => {
        const [name = "", ...value] = entry.split("=");
        return [name, value.join("=")];
      }),
    );
  }

  async run(script: string): Promise<number> {
    let status = 0;
    const commands = splitCommands(script);
    for (let index = 0; index < commands.length; index += 1) {
      const command = commands[index]!;
      if (command === "while true") {
        const end = commands.indexOf("done", index);
        const body = commands
          .slice(index + 1, end)
          .join(";")
          .replace(/^do\s/, "");
        for (;;) await this.run(body);
      }
      status = await this.#runCommand(command);
      for (let signal = this.#process.pending.shift(); signal !== undefined; signal = this.#process.pending.shift()) {
        await this.run(this.#process.traps.get(signal) ?? "");
      }
    }
    return status;
  }

  async #runCommand(command: string): Promise<number> {
    const [name = "", ...all] = splitWords(command, this.#variables);
    const toStderr = all.at(-1) === ">&2";
    const words = toStderr ? all.slice(0, -1) : all;
    const out = (text: string | Uint8Array): Promise<void> => this.#process.write(toStderr ? "stderr" : "stdout", text);
    if (name === "exit") throw new ProgramEnd(Number(words[0] ?? 0));
    if (name === "exec" && words.join() === "0<&-") this.#process.dropInput();
    else if (name === "trap") this.#process.traps.set(signals.get(words[1] ?? "") ?? 0, words[0] ?? "");
    else if (name === "read") this.#variables.set(words[0] ?? "REPLY", await this.#process.readLine());
    else {
      const program = findProgram(name, this.#variables.get("PATH") ?? "");
      if (program !== undefined) return (await program(this.#process, words, out)) ?? 0;
      await this.#process.write("stderr", `sh: ${name}: not found\n`);
      return 127;
    }
    return 0;
  }
}

/** At each `;` outside of quotes. */
function splitCommands(script: string): string[] {
  return (script.match(/(?:'[^']*'|"[^"]*"|[^;'"])+/g) ?? []).map((command) => command.trim());
}

/** At spaces outside of quotes; variables stand for their values outside of single quotes. */
function splitWords(command: string, variables: ReadonlyMap<string, string>): string[] {
  return (command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_match, single?: string, double?: string, bare?: string) => {
      const text = double ?? bare ?? "";
      return single ?? text.replaceAll(/\$(\w+)/g, (_variable, name: string) => variables.get(name) ?? "");
    }),
  );
}
