import { EngineError, messageOf } from "@gantry/core";
import type { CallOptions, ClientResponse, Connection } from "@gantry/core";

import { apiError } from "./api-error.ts";
import { drain, jsonBody, readText } from "./bodies.ts";
import { type QueryParameters, queryString } from "./query-string.ts";

/** The versions of the API that this client speaks, without their `1.`. */
const oldestVersion = 24;
const newestVersion = 50;

export interface ApiRequest {
  method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Without version; its parts encoded. */
  path: string;
  query?: QueryParameters;
  /** Sent as JSON. */
  json?: object;
  body?: AsyncIterable<Uint8Array>;
  headers?: Readonly<Record<string, string>>;
  upgrade?: boolean;
}

/** Requests of the Docker Engine API over one connection, in the newest version that both sides speak. */
export class ApiClient {
  /** Without its `1.`. */
  readonly version: number;
  readonly #connection: Connection;
  /** Requests that have an effect from when the server has taken them. */
  readonly #pending = new Set<Promise<unknown>>();

  private constructor(connection: Connection, version: number) {
    this.#connection = connection;
    this.version = version;
  }

  /**
   * Asks which version the other side speaks. Errors: `unavailable` when nobody answers, `unsupported` when it is too old or no
   * engine at all.
   */
  static async open(connection: Connection, call: CallOptions = {}): Promise<ApiClient> {
    const response = await connection.request({ method: "HEAD", path: "/_ping" }, call);
    await drain(response.body);
    if (response.status >= 500) throw apiError(503, `the engine is not well: it answers with ${response.status}`);
    const told = /^1\.(\d+)$/.exec(response.headers["api-version"] ?? "");
    if (told === null) throw new EngineError("unsupported", "who answers there does not speak Docker's API");
    const version = Math.min(Number(told[1]), newestVersion);
    if (version >= oldestVersion) return new ApiClient(connection, version);
    throw new EngineError("unsupported", `the engine speaks API 1.${version}: at least 1.${oldestVersion} is needed`);
  }

  /**
   * Sends a request that changes something or asks something. One that changes something goes after those of {@link begin} have
   * been taken: who waits for an exit and then starts must not come too late.
   * @throws EngineError for every status but success
   */
  async send(request: ApiRequest, call: CallOptions = {}): Promise<ClientResponse> {
    if (request.method !== "GET" && request.method !== "HEAD") await Promise.allSettled(this.#pending);
    return this.#send(request, call);
  }

  /** Sends a request whose effect begins when the server has taken it: to wait, to listen. */
  begin(request: ApiRequest, call: CallOptions = {}): Promise<ClientResponse> {
    const response = this.#send(request, call);
    this.#pending.add(response);
    response
      .catch(() => {})
      .finally(() => this.#pending.delete(response))
      .catch(() => {});
    return response;
  }

  /** A request with a short answer, which is read as JSON; `undefined` for an empty one. */
  async json<T>(request: ApiRequest, call: CallOptions = {}): Promise<T> {
    return readJson<T>(await this.send(request, call));
  }

  /** A request whose answer says nothing but that it was done. */
  async run(request: ApiRequest, call: CallOptions = {}): Promise<void> {
    await drain((await this.send(request, call)).body);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #send({ json, body, query, headers, path, ...rest }: ApiRequest, call: CallOptions): Promise<ClientResponse> {
    const content = json === undefined ? body : jsonBody(json);
    const response = await this.#connection.request(
      {
        ...rest,
        path: `/v1.${this.version}${path}${queryString(query ?? {})}`,
        headers: { ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(content === undefined ? {} : { body: content }),
      },
      call,
    );
    const { status } = response;
    if (status === 101 || (status >= 200 && status < 300)) return response;
    throw apiError(status, errorMessage(await readText(response.body)));
  }
}

/** `undefined` for an empty body. */
export async function readJson<T>(response: ClientResponse): Promise<T> {
  const text = await readText(response.body);
  if (text.trim() === "") return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new EngineError("internal", `the engine's answer is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** Errors are `{"message"}`; servers in between answer in words of their own. */
function errorMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : text;
  } catch {
    return text;
  }
}
