import { isatty } from "node:tty";

import type { CommandOutput } from "@gantry/core";

/** @param open gives the stream, at the first use: opening a terminal takes time */
export function terminalOutput(descriptor: 1 | 2, open: () => NodeJS.WriteStream): CommandOutput {
  let opened: NodeJS.WriteStream | undefined;
  const stream = (): NodeJS.WriteStream => (opened ??= quiet(open()));
  return {
    isTerminal: isatty(descriptor),
    size: () => {
      const { rows, columns } = stream();
      return rows > 0 && columns > 0 ? { rows, columns } : undefined;
    },
    onResize: (callback) => {
      stream().on("resize", callback);
      return () => void stream().off("resize", callback);
    },
    write: (data) =>
      new Promise((resolve, reject) => {
        stream().write(data, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** A failed write is told to its caller; as an event that nobody listens to it would end the process. */
function quiet(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.on("error", () => {});
}
