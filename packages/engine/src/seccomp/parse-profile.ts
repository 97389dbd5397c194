import type { SeccompAction, SeccompArgument } from "@gantry/core";
import { FormatError, JsonReader } from "@gantry/oci";

import { invalidArgument } from "../engine-errors.ts";
import type { RuleCondition, SeccompTemplate, TemplateRule } from "./seccomp-template.ts";

const actions: readonly string[] = [
  "SCMP_ACT_ALLOW",
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_TRAP",
  "SCMP_ACT_LOG",
] satisfies SeccompAction[];
const comparisons: readonly string[] = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] satisfies SeccompArgument["op"][];

/**
 * Reads a profile in Docker's JSON form.
 * Errors: `invalid-argument`, naming the field.
 */
export function parseSeccompProfile(json: string): SeccompTemplate {
  try {
    const reader = JsonReader.parse(json, "seccomp profile");
    const defaultErrno = reader.optionalSize("defaultErrnoRet");
    return {
      defaultAction: readAction(reader.string("defaultAction")),
      ...(defaultErrno === undefined ? {} : { defaultErrno }),
      architectures: reader.optionalStrings("architectures") ?? [],
      rules: reader.objects("syscalls").map(readRule),
    };
  } catch (thrown) {
    if (thrown instanceof FormatError) throw invalidArgument(`Decoding seccomp profile failed: ${thrown.message}`);
    throw thrown;
  }
}

function readRule(reader: JsonReader): TemplateRule {
  const name = reader.optionalString("name");
  const names = reader.optionalStrings("names") ?? (name === undefined ? [] : [name]);
  if (names.length === 0) throw new FormatError("a rule of syscalls has no names");
  const args = reader.objects("args").map(readArgument);
  const errno = reader.optionalSize("errnoRet");
  const includes = readCondition(reader.optionalObject("includes"));
  const excludes = readCondition(reader.optionalObject("excludes"));
  return {
    names,
    action: readAction(reader.string("action")),
    ...(errno === undefined ? {} : { errno }),
    ...(args.length === 0 ? {} : { args }),
    ...(includes === undefined ? {} : { includes }),
    ...(excludes === undefined ? {} : { excludes }),
  };
}

function readCondition(reader: JsonReader | undefined): RuleCondition | undefined {
  if (reader === undefined) return undefined;
  const capabilities = reader.optionalStrings("caps");
  const architectures = reader.optionalStrings("arches");
  const minimumKernel = reader.optionalString("minKernel");
  return {
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(architectures === undefined ? {} : { architectures }),
    ...(minimumKernel === undefined ? {} : { minimumKernel }),
  };
}

function readArgument(reader: JsonReader): SeccompArgument {
  const op = reader.string("op");
  if (!comparisons.includes(op)) throw new FormatError(`unknown comparison "${op}"`);
  const valueTwo = reader.optionalSize("valueTwo");
  return {
    index: reader.size("index"),
    value: BigInt(reader.size("value")),
    ...(valueTwo === undefined ? {} : { valueTwo: BigInt(valueTwo) }),
    op: op as SeccompArgument["op"],
  };
}

function readAction(action: string): SeccompAction {
  if (actions.includes(action)) return action as SeccompAction;
  throw new FormatError(`unknown action "${action}"`);
}
