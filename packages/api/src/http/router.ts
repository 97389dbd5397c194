import type { ApiHandler } from "./api-call.ts";

export interface Route {
  method: string;
  /** `/containers/{id}/json`; `{name*}` takes slashes as well. */
  template: string;
  handle: ApiHandler;
}

interface CompiledRoute {
  pattern: RegExp;
  names: readonly string[];
  handle: ApiHandler;
}

export interface RouteMatch {
  handle: ApiHandler;
  parameters: Readonly<Record<string, string>>;
}

/** Finds the first route that a path fits. Routes with equal method and first part of the path are tried in order. */
export class Router {
  readonly #routes = new Map<string, CompiledRoute[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const key = keyOf(route.method, route.template);
      const sharing = this.#routes.get(key) ?? [];
      sharing.push(compile(route));
      this.#routes.set(key, sharing);
    }
  }

  /** @param path without version and query */
  match(method: string, path: string): RouteMatch | undefined {
    for (const { pattern, names, handle } of this.#routes.get(keyOf(method, path)) ?? []) {
      const match = pattern.exec(path);
      if (match === null) continue;
      const values = match.slice(1).map(decode);
      return { handle, parameters: Object.fromEntries(names.map((name, index) => [name, values[index]!])) };
    }
    return undefined;
  }
}

function keyOf(method: string, path: string): string {
  return `${method} ${path.split("/", 2)[1] ?? ""}`;
}

function compile({ template, handle }: Route): CompiledRoute {
  const names: string[] = [];
  const source = template.replace(/\{(\w+)(\*?)\}|[.*+?^$()[\]\\|]/g, (text, name?: string, many?: string) => {
    if (name === undefined) return `\\${text}`;
    names.push(name);
    return many === "*" ? "(.+)" : "([^/]+)";
  });
  return { pattern: new RegExp(`^${source}$`), names, handle };
}

/** A name with a stray percent sign means itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
