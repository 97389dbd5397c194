import { EngineError, type ProgressEvent } from "@gantry/core";

import { apiError } from "./api-error.ts";
import { readLines } from "./bodies.ts";

/** One line of what the API tells of a pull, an import or a load. */
export interface ProgressLine {
  id?: string;
  status?: string;
  stream?: string;
  progressDetail?: { current?: number; total?: number };
  aux?: unknown;
}

/** Lines of progress. A failure that the server tells in the stream, its status being sent already, is thrown. */
export async function* readProgress(body: AsyncIterable<Uint8Array>): AsyncGenerator<ProgressLine> {
  for await (const line of readLines(body)) {
    const message = parse(line);
    const { error, errorDetail } = message;
    if (error !== undefined || errorDetail !== undefined) {
      throw apiError(errorDetail?.code ?? 0, errorDetail?.message ?? error ?? "");
    }
    yield message;
  }
}

export function progressEvent({ id, status, progressDetail }: ProgressLine): ProgressEvent | undefined {
  if (status === undefined) return undefined;
  const { current, total } = progressDetail ?? {};
  return {
    status,
    ...(id === undefined ? {} : { id }),
    ...(current === undefined ? {} : { current }),
    ...(total === undefined || total <= 0 ? {} : { total }),
  };
}

interface FailingLine extends ProgressLine {
  error?: string;
  errorDetail?: { code?: number; message?: string };
}

function parse(line: string): FailingLine {
  try {
    return JSON.parse(line) as FailingLine;
  } catch (cause) {
    throw new EngineError("internal", `the engine's progress is not JSON: ${line.slice(0, 80)}`, { cause });
  }
}
