import { EngineError } from "@gantry/core";
import type { DeviceRule } from "@gantry/core";

/** What the devices controller of cgroup v1 can hold: a default, and exceptions from it that do not overlap in meaning. */
export interface DeviceTable {
  readonly allowByDefault: boolean;
  readonly exceptions: readonly DeviceRule[];
}

/**
 * Reduces rules of which the last match decides to a default and exceptions. The kernel itself removes an exception only when
 * a rule names it exactly, so writing the rules one by one would leave open what a later, wider rule denies.
 * @throws EngineError `unsupported` when a rule takes back a part of an earlier, wider one, which the table cannot hold
 */
export function compileDeviceRules(rules: readonly DeviceRule[]): DeviceTable {
  let allowByDefault = true;
  let exceptions: DeviceRule[] = [];
  for (const rule of rules) {
    if (coversAll(rule)) {
      allowByDefault = rule.allow;
      exceptions = [];
      continue;
    }
    exceptions = exceptions.flatMap((exception) => subtract(exception, rule));
    if (rule.allow !== allowByDefault) exceptions.push(...split(rule));
  }
  return { allowByDefault, exceptions };
}

/** As devices.allow and devices.deny take it. */
export function formatDeviceRule({ type, major, minor, access }: DeviceRule): string {
  return `${type} ${major ?? "*"}:${minor ?? "*"} ${access}`;
}

function coversAll({ type, major, minor, access }: DeviceRule): boolean {
  return type === "a" && major === undefined && minor === undefined && ["r", "w", "m"].every((a) => access.includes(a));
}

/** The kernel takes `a` for everything only; a narrower rule for both kinds is two rules. */
function split(rule: DeviceRule): DeviceRule[] {
  return rule.type === "a"
    ? [
        { ...rule, type: "b" },
        { ...rule, type: "c" },
      ]
    : [rule];
}

function subtract(exception: DeviceRule, rule: DeviceRule): DeviceRule[] {
  const kept = exception.access.replaceAll(new RegExp(`[${rule.access}]`, "g"), "");
  const sameKind = rule.type === "a" || rule.type === exception.type;
  if (!sameKind || kept === exception.access) return [exception];
  if (!overlap(exception.major, rule.major) || !overlap(exception.minor, rule.minor)) return [exception];
  if (rule.allow === exception.allow && !covers(rule, exception)) return [exception];
  if (!covers(rule, exception)) {
    throw new EngineError(
      "unsupported",
      `devices: "${formatDeviceRule(rule)}" takes back a part of "${formatDeviceRule(exception)}", which cgroup v1 cannot hold`,
      { details: { field: "devices" } },
    );
  }
  return kept === "" ? [] : [{ ...exception, access: kept }];
}

function covers(rule: DeviceRule, exception: DeviceRule): boolean {
  const major = rule.major === undefined || rule.major === exception.major;
  return major && (rule.minor === undefined || rule.minor === exception.minor);
}

function overlap(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
