import type { EngineEvent } from "@gantry/engine";

/** An event as formats see it, by Go's names of the fields; as JSON it has the API's. */
export class EventDocument {
  readonly Status: string;
  readonly ID: string;
  readonly From: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { ID: string; Attributes: Readonly<Record<string, string>> };
  readonly Scope = "local";
  readonly Time: number;
  readonly TimeNano: string;

  constructor({ type, action, id, attributes, time }: EngineEvent) {
    const container = type === "container";
    this.Status = container ? action : "";
    this.ID = container ? id : "";
    this.From = container ? (attributes["image"] ?? "") : "";
    this.Type = type;
    this.Action = action;
    // Go writes maps in the order of their keys.
    const sorted = Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
    this.Actor = { ID: id, Attributes: Object.fromEntries(sorted) };
    this.Time = Number(time / 1_000_000_000n);
    this.TimeNano = String(time);
  }

  toJSON(): object {
    const { Status, ID, From, Type, Action, Actor, Scope, Time, TimeNano } = this;
    const legacy = Type === "container" ? { status: Status, id: ID, from: From } : {};
    return { ...legacy, Type, Action, Actor, scope: Scope, time: Time, timeNano: exactNumber(TimeNano) };
  }
}

/** Has more digits than a number holds: written as they are where the runtime can. */
function exactNumber(digits: string): unknown {
  const { rawJSON } = JSON as { rawJSON?: (text: string) => unknown };
  return rawJSON?.(digits) ?? Number(digits);
}
