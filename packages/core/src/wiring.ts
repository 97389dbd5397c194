import "reflect-metadata";
import {
  type DependencyContainer,
  container,
  inject as injectOne,
  injectAll,
  injectable,
  instanceCachingFactory,
} from "tsyringe";

import { EngineError } from "./errors.ts";
import { injectedTokens } from "./injected-tokens.ts";
import type { Constructor } from "./plugin.ts";
import type { Binding } from "./register-plugin.ts";
import type { Token } from "./token.ts";

/** A singleton as it was made. */
export interface Made {
  readonly plugin: string;
  readonly instance: unknown;
}

/** Bindings of one kernel, over tsyringe. Knows nothing of order: it makes what it is asked for and what that takes. */
export class Wiring {
  // One child for the life of a kernel keeps kernels apart; there are none beneath it.
  readonly #container: DependencyContainer = container.createChildContainer();
  readonly #factories = new Map<Binding, () => unknown>();
  readonly #making: Constructor<unknown>[] = [];
  #made: Made[] = [];
  #failure: unknown;

  add(binding: Binding): void {
    const { symbol } = binding.token;
    if (binding.kind === "value") this.#container.register(symbol, { useValue: binding.value });
    else if (binding.kind === "alias") this.#container.register(symbol, { useToken: binding.target.symbol });
    else {
      prepare(binding.implementation);
      const factory = instanceCachingFactory(() => this.#construct(binding.plugin, binding.implementation));
      this.#factories.set(binding, () => factory(this.#container));
      this.#container.register(symbol, { useFactory: factory });
    }
  }

  /**
   * Makes the singleton of a binding, where it is one, and what it takes.
   * @returns what was made in this call, each after what it takes
   */
  make(binding: Binding): readonly Made[] {
    this.#made = [];
    this.#failure = undefined;
    try {
      this.#factories.get(binding)?.();
    } catch (thrown) {
      // tsyringe wraps what a constructor throws in plain errors; the first one is the one to tell.
      throw this.#failure ?? thrown;
    }
    return this.#made;
  }

  /** All that is bound to a token, in the order of `add`. */
  resolve<T>(token: Token<T>): readonly T[] {
    return this.#container.isRegistered(token.symbol) ? this.#container.resolveAll<T>(token.symbol) : [];
  }

  #construct(plugin: string, implementation: Constructor<unknown>): unknown {
    const circular = this.#making.includes(implementation);
    this.#making.push(implementation);
    try {
      if (circular) {
        const circle = this.#making.map(({ name }) => name).join(" → ");
        throw new EngineError("invalid-argument", `classes take one another in a circle: ${circle}`);
      }
      const instance = this.#container.resolve(implementation);
      this.#made.push({ plugin, instance });
      return instance;
    } catch (thrown) {
      this.#failure ??= thrown;
      throw thrown;
    } finally {
      this.#making.pop();
    }
  }
}

/**
 * Tells the host's tsyringe what a class takes. A plugin may carry its own copies of core, tsyringe and reflect-metadata,
 * whose notes this copy cannot see; the marks of `inject` it can.
 */
function prepare(implementation: Constructor<unknown>): void {
  for (const [position, token] of injectedTokens(implementation)) {
    const decorate = token.many ? injectAll(token.symbol, { isOptional: true }) : injectOne(token.symbol);
    decorate(implementation, undefined, position);
  }
  injectable()(implementation);
}
