import { isEngineError } from "@gantry/core";
import type { DeviceRule } from "@gantry/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compileDeviceRules, formatDeviceRule } from "../src/device-rules.ts";

const all = { type: "a", access: "rwm" } as const;
const deny = { ...all, allow: false };

function texts(rules: readonly DeviceRule[]): string[] {
  return compileDeviceRules(rules).exceptions.map((rule) => `${rule.allow ? "+" : "-"}${formatDeviceRule(rule)}`);
}

describe("device rules", () => {
  test("deny all, then a list", () => {
    const rules: DeviceRule[] = [
      deny,
      { allow: true, type: "c", access: "m" },
      { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
      { allow: true, type: "c", major: 136, access: "rwm" },
    ];
    expect(compileDeviceRules(rules).allowByDefault).toBe(false);
    expect(texts(rules)).toEqual(["+c *:* m", "+c 1:3 rwm", "+c 136:* rwm"]);
  });

  test("a later rule takes back what it covers", () => {
    const allowed = { allow: true, type: "c", major: 10, minor: 229, access: "rwm" } as const;
    expect(texts([deny, allowed, { ...allowed, allow: false }])).toEqual([]);
    expect(texts([deny, allowed, { ...allowed, allow: false, access: "w" }])).toEqual(["+c 10:229 rm"]);
    expect(texts([deny, allowed, { allow: false, type: "c", access: "wm" }])).toEqual(["+c 10:229 r"]);
    expect(texts([deny, allowed, deny])).toEqual([]);
  });

  test("a narrower rule for both kinds is written for each", () => {
    expect(texts([deny, { allow: true, type: "a", access: "m" }])).toEqual(["+b *:* m", "+c *:* m"]);
  });

  test("what the kernel cannot hold is unsupported", () => {
    const rules: DeviceRule[] = [
      deny,
      { allow: true, type: "c", access: "m" },
      { allow: false, type: "c", major: 10, access: "m" },
    ];
    expect(() => compileDeviceRules(rules)).toThrow(/takes back a part/);
  });
});

const rule = fc.record({
  allow: fc.boolean(),
  type: fc.constantFrom("a", "b", "c"),
  major: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
  minor: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
  access: fc.constantFrom("r", "w", "m", "rw", "rwm"),
}) as fc.Arbitrary<DeviceRule>;

/** As cgroup v1 decides: an exception applies when it covers the access whole. */
function kernelAllows(rules: readonly DeviceRule[], device: DeviceRule): boolean {
  const { allowByDefault, exceptions } = compileDeviceRules(rules);
  return exceptions.some((one) => matches(one, device)) ? !allowByDefault : allowByDefault;
}

function matches(one: DeviceRule, device: DeviceRule): boolean {
  const sameKind = one.type === "a" || one.type === device.type;
  const numbers = [one.major, one.minor].every(
    (number, index) => number === undefined || number === [device.major, device.minor][index],
  );
  return sameKind && numbers && one.access.includes(device.access);
}

test("the table decides as the last rule that matches does, or is refused", () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
      for (const device of devices()) {
        const last = rules.findLast((one) => matches(one, device));
        expect(allowsOrRefuses(rules, device, last?.allow ?? true)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

function allowsOrRefuses(rules: readonly DeviceRule[], device: DeviceRule, expected: boolean): boolean {
  try {
    return kernelAllows(rules, device) === expected;
  } catch (error) {
    return isEngineError(error, "unsupported");
  }
}

function* devices(): Generator<DeviceRule> {
  for (const type of ["b", "c"] as const) {
    for (const major of [1, 2, 3]) {
      for (const minor of [1, 2, 3])
        for (const access of ["r", "w", "m"]) yield { allow: true, type, major, minor, access };
    }
  }
}
