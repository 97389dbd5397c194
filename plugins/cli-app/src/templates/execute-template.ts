import { display } from "./display.ts";
import type { Operand, Pipeline, TemplateNode } from "./parse-template.ts";
import { TemplateError } from "./template-error.ts";
import { type TemplateFunctions, isTrue, templateFunctions } from "./template-functions.ts";

/**
 * Writes a parsed template out for one value. A field that is a function is called with the operands that follow it.
 * @param anyCase a field is also found by its name in other letters: templates name `ID` what a document calls `Id`
 * @throws TemplateError for a field that the value does not have, or a function that does not exist
 */
export function executeTemplate(
  template: readonly TemplateNode[],
  value: unknown,
  functions: TemplateFunctions = templateFunctions,
  anyCase = false,
): string {
  return new Execution(functions, anyCase).all(template, { dot: value, variables: new Map([["$", value]]) });
}

interface Scope {
  dot: unknown;
  /** By name, with the dollar sign. */
  variables: Map<string, unknown>;
}

class Execution {
  readonly #functions: TemplateFunctions;
  readonly #anyCase: boolean;

  constructor(functions: TemplateFunctions, anyCase: boolean) {
    this.#functions = functions;
    this.#anyCase = anyCase;
  }

  all(nodes: readonly TemplateNode[], scope: Scope): string {
    return nodes.map((node) => this.#node(node, scope)).join("");
  }

  #node(node: TemplateNode, scope: Scope): string {
    if (node.kind === "text") return node.text;
    const value = this.#pipeline(node.pipeline, scope);
    const { variables } = node.pipeline;
    if (node.kind === "action") {
      for (const name of variables) scope.variables.set(name, value);
      return variables.length === 0 ? display(value) : "";
    }
    if (node.kind === "range") return this.#range(node, value, scope);
    const inner = { dot: scope.dot, variables: new Map(scope.variables) };
    for (const name of variables) inner.variables.set(name, value);
    if (!isTrue(value)) return this.all(node.otherwise, inner);
    if (node.kind === "with") inner.dot = value;
    return this.all(node.body, inner);
  }

  #range(node: Exclude<TemplateNode, { kind: "text" | "action" }>, value: unknown, scope: Scope): string {
    if (!isTrue(value)) return this.all(node.otherwise, scope);
    if (typeof value !== "object") throw new TemplateError(`range can't iterate over ${display(value)}`);
    const { variables } = node.pipeline;
    const list = Array.isArray(value);
    const entries = Object.entries(value as object);
    // Maps are walked in the order of their keys.
    if (!list) entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map(([key, item]) => {
        const inner = { dot: item as unknown, variables: new Map(scope.variables) };
        if (variables.length > 1) inner.variables.set(variables[0]!, list ? Number(key) : key);
        if (variables.length > 0) inner.variables.set(variables.at(-1)!, item);
        return this.all(node.body, inner);
      })
      .join("");
  }

  #pipeline(pipeline: Pipeline, scope: Scope): unknown {
    let piped: unknown[] = [];
    for (const command of pipeline.commands) piped = [this.#command(command, scope, piped)];
    return piped[0];
  }

  #command([head, ...operands]: readonly Operand[], scope: Scope, piped: readonly unknown[]): unknown {
    const parameters = [...operands.map((operand) => this.#command([operand], scope, [])), ...piped];
    const value = this.#operand(head!, scope);
    if (typeof value === "function") return (value as (...values: unknown[]) => unknown)(...parameters);
    if (parameters.length > 0) throw new TemplateError(`can't give argument to non-function ${display(value)}`);
    return value;
  }

  #operand(operand: Operand, scope: Scope): unknown {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "pipeline":
        return this.#lookup(operand.path, this.#pipeline(operand.pipeline, scope));
      case "field":
        return this.#lookup(operand.path, scope.dot);
      case "variable": {
        if (!scope.variables.has(operand.name)) throw new TemplateError(`undefined variable "${operand.name}"`);
        return this.#lookup(operand.path, scope.variables.get(operand.name));
      }
      case "word": {
        if (Object.hasOwn(this.#functions, operand.text)) return this.#functions[operand.text];
        throw new TemplateError(`function "${operand.text}" not defined`);
      }
    }
  }

  #lookup(path: readonly string[], dot: unknown): unknown {
    let value = dot;
    for (const name of path) {
      const found = typeof value === "object" && value !== null ? this.#fieldOf(value, name) : undefined;
      if (found === undefined) throw new TemplateError(`can't evaluate field ${name} in <.${path.join(".")}>`);
      value = (value as Record<string, unknown>)[found];
    }
    return value;
  }

  /** The name that a value has for a field; `undefined` when it has none. */
  #fieldOf(value: object, name: string): string | undefined {
    if (Object.hasOwn(value, name)) return name;
    if (!this.#anyCase) return undefined;
    return Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase());
  }
}
