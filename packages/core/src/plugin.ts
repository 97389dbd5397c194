import type { HostFacts, Support } from "./host-facts.ts";
import type { Token } from "./token.ts";

/**
 * A plugin is a separately installable part of the engine: it says what it provides and requires, may probe the machine,
 * and registers its implementations. It does nothing when it is imported.
 *
 * `register` only binds classes and values; work begins in an implementation's `start` (see `Lifecycled`). Implementations
 * take their needs by constructor parameters marked with `@inject(Token)`: tokens of `requires`, or bound by the plugin
 * itself. It binds exactly the tokens of `provides`, and perhaps tokens of its own (its options, say), whose names begin with
 * the plugin's name (the scope may be left out) and a slash: `token<OverlayOptions>("@gantry/overlay-driver/options")`.
 */
export interface PluginDefinition<Options> {
  /** The npm name. */
  readonly name: string;
  /** Checked before `register`; an error names plugin and field. Any Standard Schema (zod, valibot, …). */
  readonly options?: OptionsSchema<Options>;
  readonly provides: readonly Token<unknown>[];
  readonly requires?: readonly Token<unknown>[];
  /** Whether this machine can run it. A plugin that cannot is listed with its reason and not registered. */
  readonly probe?: (host: HostFacts, options: Options) => Support | Promise<Support>;
  register(registrar: Registrar, options: Options): void;
}

// eslint-disable-next-line typescript/no-explicit-any -- constructors are contravariant in their parameters
export type Constructor<T> = new (...parameters: any[]) => T;

/** Binds tokens within one kernel. For a `many` token each call adds a contribution. */
export interface Registrar {
  value<T>(token: Token<T>, value: T): void;
  /** One instance per kernel, made at start; told of start and stop when it is `Lifecycled`. */
  singleton<T>(token: Token<T>, implementation: Constructor<T>): void;
  /** Another name for what a token is bound to. */
  alias<T>(token: Token<T>, target: Token<T>): void;
}

/** A plugin with its options: what a preset lists. */
export interface Plugin {
  readonly definition: PluginDefinition<unknown>;
  readonly input: unknown;
}

export interface PluginFactory<Input> {
  (options?: Input): Plugin;
  readonly definition: PluginDefinition<unknown>;
}

/** Makes a plugin's factory: `export const overlayDriver = definePlugin<OverlayOptions>({…})`. */
export function definePlugin<Options, Input = Partial<Options>>(
  definition: PluginDefinition<Options>,
): PluginFactory<Input> {
  const erased = definition as PluginDefinition<unknown>;
  return Object.assign((options?: Input): Plugin => ({ definition: erased, input: options ?? {} }), {
    definition: erased,
  });
}

/** The part of the Standard Schema specification (version 1) that the kernel uses. */
export interface OptionsSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };
