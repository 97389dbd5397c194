import { InvalidValue } from "./usage-error.ts";

/** A mount as the engine takes it: a bind `source:destination[:options]`, or a tmpfs. */
export type ParsedMount = { bind: string } | { tmpfs: readonly [path: string, options: string] };

const knownKeys = new Set([
  "type",
  "source",
  "target",
  "readonly",
  "bind-propagation",
  "volume-nocopy",
  "tmpfs-size",
  "tmpfs-mode",
  "consistency",
]);
const shortKeys: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
};

/** `type=bind,source=/a,target=/b,readonly`: what `--mount` takes, of the types bind, volume and tmpfs. */
export function parseMount(text: string): ParsedMount {
  const fields = fieldsOf(text);
  const { type = "volume", source = "", target = "" } = fields;
  if (target === "") throw new InvalidValue("target is required");
  if (type === "tmpfs") return { tmpfs: [target, tmpfsOptions(fields)] };
  if (type !== "bind" && type !== "volume")
    throw new InvalidValue(`mount type '${type}' is not known: use bind, volume or tmpfs`);
  if (type === "bind" && !source.startsWith("/") && !source.startsWith(".")) {
    throw new InvalidValue(`invalid mount path: '${source}' must be absolute`);
  }
  if (type === "volume" && source.startsWith("/")) throw new InvalidValue(`'${source}' is no name of a volume`);
  const options = [
    ...(isTrue(fields["readonly"]) ? ["ro"] : []),
    ...(isTrue(fields["volume-nocopy"]) ? ["nocopy"] : []),
    ...(fields["bind-propagation"] === undefined ? [] : [fields["bind-propagation"]]),
  ];
  const places = source === "" ? [target] : [source, target];
  return { bind: [...places, ...(options.length === 0 ? [] : [options.join(",")])].join(":") };
}

function fieldsOf(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const key = shortKeys[name] ?? name;
    if (!knownKeys.has(key)) throw new InvalidValue(`unexpected key '${name}' in '${part}'`);
    if (equals === -1 && key !== "readonly" && key !== "volume-nocopy") {
      throw new InvalidValue(`invalid field '${part}' must be a key=value pair`);
    }
    fields[key] = equals === -1 ? "true" : part.slice(equals + 1);
  }
  return fields;
}

function tmpfsOptions(fields: Readonly<Record<string, string>>): string {
  const { "tmpfs-size": size, "tmpfs-mode": mode } = fields;
  return [
    ...(isTrue(fields["readonly"]) ? ["ro"] : []),
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
  ].join(",");
}

function isTrue(text: string | undefined): boolean {
  return text === "true" || text === "1";
}
