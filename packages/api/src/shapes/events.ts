import type { EngineEvent } from "@gantry/engine";

/** Keeps all digits of a number that JavaScript's numbers cannot hold. The types of this library version lack it. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** An event as `GET /events` tells it; `status`, `id` and `from` are for clients of old. */
export function showEvent({ type, action, id, attributes, time }: EngineEvent): object {
  const legacy = type === "container" || type === "image";
  const from = type === "container" ? attributes["image"] : undefined;
  return {
    ...(legacy ? { status: action, id, ...(from === undefined ? {} : { from }) } : {}),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: "local",
    time: Number(time / 1_000_000_000n),
    timeNano: rawJSON(String(time)),
  };
}
