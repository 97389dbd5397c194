import type { Operand, Pipeline, TemplateNode } from "./parse-template.ts";
import { TemplateError } from "./template-error.ts";
import { type TemplateFunctions, display, isTrue, templateFunctions } from "./template-functions.ts";

/**
 * Writes a parsed template out for one value. A field that is a function is called with the operands that follow it.
 * @throws TemplateError for a field that the value does not have, or a function that does not exist
 */
export function executeTemplate(
  template: readonly TemplateNode[],
  value: unknown,
  functions: TemplateFunctions = templateFunctions,
): string {
  return new Execution(functions).all(template, value);
}

class Execution {
  readonly #functions: TemplateFunctions;

  constructor(functions: TemplateFunctions) {
    this.#functions = functions;
  }

  all(nodes: readonly TemplateNode[], dot: unknown): string {
    return nodes.map((node) => this.#node(node, dot)).join("");
  }

  #node(node: TemplateNode, dot: unknown): string {
    if (node.kind === "text") return node.text;
    const value = this.#pipeline(node.pipeline, dot);
    if (node.kind === "action") return display(value);
    if (!isTrue(value)) return this.all(node.otherwise, dot);
    if (node.kind === "if") return this.all(node.body, dot);
    if (node.kind === "with") return this.all(node.body, value);
    if (typeof value !== "object") throw new TemplateError(`range can't iterate over ${display(value)}`);
    const items = Object.values(value as object);
    return items.map((item) => this.all(node.body, item)).join("");
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    let piped: unknown[] = [];
    for (const command of pipeline) piped = [this.#command(command, dot, piped)];
    return piped[0];
  }

  #command([head, ...operands]: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    const parameters = [...operands.map((operand) => this.#command([operand], dot, [])), ...piped];
    const value = this.#operand(head!, dot);
    if (typeof value === "function") return (value as (...values: unknown[]) => unknown)(...parameters);
    if (parameters.length > 0) throw new TemplateError(`can't give argument to non-function ${display(value)}`);
    return value;
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case "literal":
        return operand.value;
      case "pipeline":
        return this.#pipeline(operand.pipeline, dot);
      case "field":
        return lookup(operand.path, dot);
      case "word": {
        if (Object.hasOwn(this.#functions, operand.text)) return this.#functions[operand.text];
        throw new TemplateError(`function "${operand.text}" not defined`);
      }
    }
  }
}

function lookup(path: readonly string[], dot: unknown): unknown {
  let value = dot;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
      throw new TemplateError(`can't evaluate field ${name} in <.${path.join(".")}>`);
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
