import type { SeccompArgument } from "@gantry/core";

import type { BpfGraph, BpfNode } from "./bpf.ts";

/**
 * Compares one argument of 64 bits, word by word.
 * @param narrow the architecture's arguments have 32 bits: only the low words are compared
 */
export function argumentTest(
  graph: BpfGraph,
  argument: SeccompArgument,
  narrow: boolean,
  yes: BpfNode,
  no: BpfNode,
): BpfNode {
  const { op } = argument;
  if (op === "SCMP_CMP_NE") return equal(graph, argument, narrow, no, yes);
  if (op === "SCMP_CMP_LT") return ordered(graph, argument, narrow, "greaterOrEqual", no, yes);
  if (op === "SCMP_CMP_GE") return ordered(graph, argument, narrow, "greaterOrEqual", yes, no);
  if (op === "SCMP_CMP_LE") return ordered(graph, argument, narrow, "greater", no, yes);
  if (op === "SCMP_CMP_GT") return ordered(graph, argument, narrow, "greater", yes, no);
  if (op === "SCMP_CMP_MASKED_EQ") return maskedEqual(graph, argument, narrow, yes, no);
  return equal(graph, argument, narrow, yes, no);
}

type Test = (graph: BpfGraph, argument: SeccompArgument, narrow: boolean, yes: BpfNode, no: BpfNode) => BpfNode;

const equal: Test = (graph, { index, value }, narrow, yes, no) => {
  const low = graph.load(lowOffset(index), graph.jump("equal", lowWord(value), yes, no));
  return narrow ? low : graph.load(highOffset(index), graph.jump("equal", highWord(value), low, no));
};

const maskedEqual: Test = (graph, { index, value: mask, valueTwo = 0n }, narrow, yes, no) => {
  const compare = (offset: number, maskWord: number, expected: number, then: BpfNode): BpfNode => {
    if (maskWord === 0) return expected === 0 ? then : no;
    return graph.load(offset, graph.and(maskWord, graph.jump("equal", expected, then, no)));
  };
  const low = compare(lowOffset(index), lowWord(mask), lowWord(valueTwo), yes);
  return narrow ? low : compare(highOffset(index), highWord(mask), highWord(valueTwo), low);
};

function ordered(
  graph: BpfGraph,
  { index, value }: SeccompArgument,
  narrow: boolean,
  test: "greater" | "greaterOrEqual",
  yes: BpfNode,
  no: BpfNode,
): BpfNode {
  const low = graph.load(lowOffset(index), graph.jump(test, lowWord(value), yes, no));
  if (narrow) return low;
  const high = highWord(value);
  return graph.load(highOffset(index), graph.jump("greater", high, yes, graph.jump("equal", high, low, no)));
}

/** Of args[index] in struct seccomp_data, little endian. */
function lowOffset(index: number): number {
  return 16 + index * 8;
}

function highOffset(index: number): number {
  return lowOffset(index) + 4;
}

function lowWord(value: bigint): number {
  return Number(value & 0xffff_ffffn);
}

function highWord(value: bigint): number {
  return Number(value >> 32n);
}
