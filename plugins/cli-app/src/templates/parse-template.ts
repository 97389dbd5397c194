import { TemplateError } from "./template-error.ts";
import { type Token, tokenize } from "./template-tokens.ts";

export type TemplateNode =
  | { kind: "text"; text: string }
  | { kind: "action"; pipeline: Pipeline }
  | { kind: "if" | "range" | "with"; pipeline: Pipeline; body: TemplateNode[]; otherwise: TemplateNode[] };

/** Commands joined by `|`: the value of each is the last argument of the next. */
export interface Pipeline {
  commands: readonly (readonly Operand[])[];
  /** `$x := …`; of a range with two, the first is the key. */
  variables: readonly string[];
}

export type Operand =
  | Exclude<Token, { kind: "punctuation" } | { kind: "chain" }>
  | { kind: "pipeline"; pipeline: Pipeline; path: readonly string[] };

/**
 * Parses the part of Go's template language that formats need: fields, variables, calls, pipelines, parentheses, `if`, `else`,
 * `range`, `with`, and trimming (`{{-`, `-}}`).
 * @throws TemplateError
 */
export function parseTemplate(source: string): TemplateNode[] {
  const parts = split(source);
  const { nodes, closing } = parseNodes(parts);
  if (closing !== undefined) throw new TemplateError(`unexpected {{${closing}}}`);
  return nodes;
}

interface Part {
  action: boolean;
  text: string;
}

function split(source: string): Part[] {
  const parts: Part[] = [];
  let rest = source;
  for (let open = rest.indexOf("{{"); open !== -1; open = rest.indexOf("{{")) {
    const match = /^\{\{(- )?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)( -)?\}\}/.exec(rest.slice(open));
    if (match === null) throw new TemplateError("unclosed action");
    const before = rest.slice(0, open);
    parts.push({ action: false, text: match[1] === undefined ? before : before.trimEnd() });
    parts.push({ action: true, text: match[2]!.trim() });
    rest = rest.slice(open + match[0].length);
    if (match[3] !== undefined) rest = rest.trimStart();
  }
  return [...parts, { action: false, text: rest }];
}

/** Consumes parts up to the `else` or `end` that closes this level. */
function parseNodes(parts: Part[]): { nodes: TemplateNode[]; closing?: string } {
  const nodes: TemplateNode[] = [];
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (!part.action) {
      if (part.text !== "") nodes.push({ kind: "text", text: part.text });
    } else if (/^(end|else)\b/.test(part.text)) return { nodes, closing: part.text };
    else if (!part.text.startsWith("/*")) nodes.push(parseAction(part.text, parts));
  }
  return { nodes };
}

function parseAction(text: string, parts: Part[]): TemplateNode {
  const block = /^(if|range|with)\s+/.exec(text);
  if (block === null) return { kind: "action", pipeline: parsePipeline(text) };
  const kind = block[1] as "if";
  const pipeline = parsePipeline(text.slice(block[0].length));
  const { nodes: body, closing } = parseNodes(parts);
  if (closing === undefined) throw new TemplateError(`missing {{end}} of {{${kind}}}`);
  return { kind, pipeline, body, otherwise: parseOtherwise(closing, parts) };
}

function parseOtherwise(closing: string, parts: Part[]): TemplateNode[] {
  if (closing === "end") return [];
  const chained = /^else\s+((?:if|with)\s.*)$/s.exec(closing);
  // `{{else if x}}` shares the `end` of its chain.
  if (chained !== null) return [parseAction(chained[1]!, parts)];
  if (closing !== "else") throw new TemplateError(`unexpected {{${closing}}}`);
  const { nodes, closing: end } = parseNodes(parts);
  if (end !== "end") throw new TemplateError(end === undefined ? "missing {{end}}" : `unexpected {{${end}}}`);
  return nodes;
}

function parsePipeline(source: string): Pipeline {
  const tokens = tokenize(source);
  const variables = declaredVariables(tokens);
  const pipeline = { ...pipelineOf(tokens), variables };
  if (tokens.length > 0) throw new TemplateError(`unexpected ")" in "${source}"`);
  return pipeline;
}

/** Takes `$x :=`, `$x =` or `$k, $v :=` off the front. */
function declaredVariables(tokens: Token[]): string[] {
  const end = tokens.findIndex((token) => token.kind === "punctuation" && (token.text === ":=" || token.text === "="));
  if (end === -1) return [];
  return tokens
    .splice(0, end + 1)
    .slice(0, -1)
    .flatMap((token, index) => {
      if (index % 2 === 0 && token.kind === "variable" && token.path.length === 0) return token.name;
      if (index % 2 === 1 && token.kind === "punctuation" && token.text === ",") return [];
      throw new TemplateError("only variables can be declared");
    });
}

function pipelineOf(tokens: Token[]): Pipeline {
  const commands: Operand[][] = [[]];
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (token.kind === "chain") throw new TemplateError("unexpected . after term");
    if (token.kind !== "punctuation") commands.at(-1)!.push(token);
    else if (token.text === "|") commands.push([]);
    else if (token.text === "(") commands.at(-1)!.push(parenthesised(tokens));
    else if (token.text === ")") {
      tokens.unshift(token);
      break;
    } else throw new TemplateError(`unexpected "${token.text}" in operand`);
  }
  if (commands.some((command) => command.length === 0)) throw new TemplateError("missing value for command");
  return { commands, variables: [] };
}

function parenthesised(tokens: Token[]): Operand {
  const pipeline = pipelineOf(tokens);
  if (tokens.shift() === undefined) throw new TemplateError("unclosed left paren");
  const next = tokens[0];
  if (next?.kind !== "chain") return { kind: "pipeline", pipeline, path: [] };
  tokens.shift();
  return { kind: "pipeline", pipeline, path: next.path };
}
