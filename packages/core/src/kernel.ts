import { type Preference, passedOver } from "./choose-plugins.ts";
import { EngineError, isEngineError, messageOf } from "./errors.ts";
import { type Candidate, examinePlugins, pluginError } from "./examine-plugins.ts";
import { gatherHostFacts } from "./gather-host-facts.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Lifecycled } from "./lifecycled.ts";
import { type Plugin, definePlugin } from "./plugin.ts";
import { orderPlugins } from "./order-plugins.ts";
import { type Binding, registerPlugin } from "./register-plugin.ts";
import type { Token } from "./token.ts";
import { Wiring } from "./wiring.ts";

export interface KernelOptions {
  /** Their order is that of contributions to `many` tokens, and of starting where no need says otherwise. */
  readonly plugins: readonly Plugin[];
  /** What the host itself provides: see {@link bind}. */
  readonly values?: readonly BoundValue[];
  readonly prefer?: Preference;
  /** Default: this machine, as {@link gatherHostFacts} sees it. */
  readonly host?: HostFacts;
}

/** A token with its value. */
export interface BoundValue {
  readonly token: Token<unknown>;
  readonly value: unknown;
}

/** Binds a value to a token, for {@link KernelOptions.values}: `bind(Paths, { dataRoot, execRoot })`. */
export function bind<T>(token: Token<T>, value: T): BoundValue {
  return { token, value };
}

export interface PluginReport {
  readonly name: string;
  readonly status: "supported" | "unsupported" | "not-chosen";
  /** Why it is not wired. */
  readonly reason?: string;
  /** Names of tokens. */
  readonly provides: readonly string[];
}

/**
 * Wires plugins into one running engine; several kernels in one process share nothing.
 *
 * `start` checks options, probes, decides between providers, sorts by need, registers, makes every singleton, and starts each
 * `Lifecycled` one before the next plugin's are made. `stop` stops them in reverse. Both are all or nothing: after a failed
 * start everything that was started has been stopped, and one failing stop keeps no other from stopping.
 */
export class Kernel implements AsyncDisposable {
  readonly #wiring = new Wiring();
  readonly #reports: readonly PluginReport[];
  readonly #started: { readonly plugin: string; readonly instance: Lifecycled }[] = [];
  #stopped: Promise<void> | undefined;

  private constructor(reports: readonly PluginReport[]) {
    this.#reports = reports;
  }

  /**
   * Errors name the plugin. `invalid-argument`: a bad option, a plugin listed twice, a circle, a plugin that does not register
   * what it says. `conflict`: two plugins provide one token. `not-found`, `unsupported`: a need is not met. What a
   * plugin's constructor or `start` throws keeps its code.
   */
  static async start(options: KernelOptions): Promise<Kernel> {
    const host = options.host ?? (await gatherHostFacts());
    const candidates = await examinePlugins([hostPlugin(options.values ?? []), ...options.plugins], host);
    const { chosen, others } = choose(candidates, options.prefer ?? {});
    const ordered = orderPlugins(chosen, others);
    const kernel = new Kernel(candidates.slice(1).map((candidate) => report(candidate, others)));
    const bindings = new Map(chosen.map((candidate) => [candidate, registerPlugin(candidate)]));
    for (const binding of [...bindings.values()].flat()) kernel.#wiring.add(binding);
    try {
      for (const candidate of ordered) await kernel.#startPlugin(candidate.definition.name, bindings.get(candidate)!);
    } catch (thrown) {
      await kernel.stop().catch((failure: unknown) => {
        throw joined([thrown, failure]);
      });
      throw thrown;
    }
    return kernel;
  }

  /** The one implementation. Errors: `not-found` when no wired plugin provides it. */
  get<T>(token: Token<T>): T {
    if (token.many) throw new EngineError("invalid-argument", `${token.name} may have several: use getAll`);
    const found = this.#wiring.resolve(token);
    if (found.length === 0) throw new EngineError("not-found", `no wired plugin provides ${token.name}`);
    return found[0]!;
  }

  /** All contributions to a `many` token, in the order of the plugins' list; perhaps none. */
  getAll<T>(token: Token<T>): readonly T[] {
    return this.#wiring.resolve(token);
  }

  /** Every plugin that was listed, in that order. */
  plugins(): readonly PluginReport[] {
    return this.#reports;
  }

  /** Repeatable. Errors: the plugin's own, with its name; of several, an `internal` one that names all. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stopAll());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #startPlugin(plugin: string, bindings: readonly Binding[]): Promise<void> {
    try {
      for (const binding of bindings) {
        for (const { instance } of this.#wiring.make(binding)) {
          if (!isLifecycled(instance)) continue;
          await instance.start?.();
          this.#started.push({ plugin, instance });
        }
      }
    } catch (thrown) {
      throw pluginError(plugin, "could not start", thrown);
    }
  }

  async #stopAll(): Promise<void> {
    const failures: EngineError[] = [];
    for (const { plugin, instance } of this.#started.toReversed()) {
      try {
        await instance.stop?.();
      } catch (thrown) {
        failures.push(pluginError(plugin, "could not stop", thrown));
      }
    }
    if (failures.length === 1) throw failures[0]!;
    if (failures.length > 1) throw joined(failures);
  }
}

/** The host's values take part in the wiring like a plugin's. */
function hostPlugin(values: readonly BoundValue[]): Plugin {
  return definePlugin({
    name: "host",
    provides: values.map(({ token }) => token),
    register: (registrar) => {
      for (const { token, value } of values) registrar.value(token, value);
    },
  })();
}

interface Choice {
  readonly chosen: readonly Candidate[];
  readonly others: readonly { readonly candidate: Candidate; readonly reason: string }[];
}

function choose(candidates: readonly Candidate[], prefer: Preference): Choice {
  const supported = candidates.filter(({ support }) => support.supported);
  const unsupported = candidates.filter(({ support }) => !support.supported);
  const lost = passedOver(supported, unsupported, prefer);
  const others = candidates.flatMap((candidate) => {
    if (!candidate.support.supported) return [{ candidate, reason: candidate.support.reason }];
    const winner = lost.get(candidate.definition.name);
    return winner === undefined ? [] : [{ candidate, reason: `${winner} is preferred` }];
  });
  return { chosen: supported.filter(({ definition }) => !lost.has(definition.name)), others };
}

function report(candidate: Candidate, others: Choice["others"]): PluginReport {
  const { name, provides } = candidate.definition;
  const reason = others.find((other) => other.candidate === candidate)?.reason;
  const status = !candidate.support.supported ? "unsupported" : reason === undefined ? "supported" : "not-chosen";
  return { name, status, ...(reason === undefined ? {} : { reason }), provides: provides.map((token) => token.name) };
}

function isLifecycled(instance: unknown): instance is Lifecycled {
  return typeof instance === "object" && instance !== null && ("start" in instance || "stop" in instance);
}

/** One error out of several; takes the code of the first. */
function joined(thrown: readonly unknown[]): EngineError {
  const [first] = thrown;
  return new EngineError(isEngineError(first) ? first.code : "internal", thrown.map(messageOf).join("; "), {
    cause: new AggregateError(thrown),
  });
}
