import type { RequestHandler, TransportResponse } from "@gantry/core";

/** Knows whether clients are being served, and since when none is. */
export class ClientActivity {
  #open = 0;
  #lastEnd = Date.now();

  /** Milliseconds for which no request has been open; 0 while one is. */
  idleFor(): number {
    return this.#open > 0 ? 0 : Date.now() - this.#lastEnd;
  }

  /** Counts what a handler serves: a request is open until its answer is sent whole, or its client gone. */
  counted(handler: RequestHandler): RequestHandler {
    return async (request) => {
      this.#open++;
      let open = true;
      const end = (): void => {
        if (!open) return;
        open = false;
        this.#open--;
        this.#lastEnd = Date.now();
      };
      request.signal.addEventListener("abort", end);
      try {
        const response = await handler(request);
        return countedResponse(response, end);
      } catch (thrown) {
        end();
        throw thrown;
      }
    };
  }
}

function countedResponse(response: TransportResponse, end: () => void): TransportResponse {
  const { body, hijack } = response;
  if (hijack !== undefined) {
    return { ...response, hijack: (stream) => hijack(stream).finally(end) };
  }
  if (body === undefined) {
    end();
    return response;
  }
  return { ...response, body: countedBody(body, end) };
}

/** Not a generator: one that was never begun hears nothing of its return. */
function countedBody(body: AsyncIterable<Uint8Array>, end: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await iterator.next();
            if (result.done) end();
            return result;
          } catch (thrown) {
            end();
            throw thrown;
          }
        },
        async return() {
          end();
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
