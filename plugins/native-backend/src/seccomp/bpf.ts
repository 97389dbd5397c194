/**
 * An assembler for classic BPF as seccomp runs it. A filter is built as a graph of nodes, which shares equal parts, and laid
 * out from its end to its beginning, so that every jump's target has a place when the jump is written.
 */
export type BpfNode =
  | { readonly kind: "return"; readonly value: number }
  | { readonly kind: "load"; readonly offset: number; readonly next: BpfNode }
  | { readonly kind: "and"; readonly mask: number; readonly next: BpfNode }
  | {
      readonly kind: "jump";
      readonly test: JumpTest;
      readonly value: number;
      readonly yes: BpfNode;
      readonly no: BpfNode;
    };

export type JumpTest = "equal" | "greater" | "greaterOrEqual";

/** Makes nodes; equal nodes are the same object. */
export class BpfGraph {
  readonly #nodes = new Map<string, BpfNode>();
  readonly #names = new Map<BpfNode, number>();

  return(value: number): BpfNode {
    return this.#unique(`return ${value}`, () => ({ kind: "return", value }));
  }

  load(offset: number, next: BpfNode): BpfNode {
    return this.#unique(`load ${offset} ${this.#name(next)}`, () => ({ kind: "load", offset, next }));
  }

  and(mask: number, next: BpfNode): BpfNode {
    return this.#unique(`and ${mask} ${this.#name(next)}`, () => ({ kind: "and", mask, next }));
  }

  jump(test: JumpTest, value: number, yes: BpfNode, no: BpfNode): BpfNode {
    if (yes === no) return yes;
    const key = `${test} ${value} ${this.#name(yes)} ${this.#name(no)}`;
    return this.#unique(key, () => ({ kind: "jump", test, value, yes, no }));
  }

  #unique(key: string, make: () => BpfNode): BpfNode {
    let node = this.#nodes.get(key);
    if (!node) {
      node = make();
      this.#nodes.set(key, node);
      this.#names.set(node, this.#names.size);
    }
    return node;
  }

  #name(node: BpfNode): number {
    return this.#names.get(node) ?? -1;
  }
}

const loadWord = 0x20;
const andConstant = 0x54;
const jumpAlways = 0x05;
const returnConstant = 0x06;
const jumpCodes: Readonly<Record<JumpTest, number>> = { equal: 0x15, greater: 0x25, greaterOrEqual: 0x35 };

/** The farthest that a conditional jump reaches. */
const reach = 255;

type Instruction = readonly [code: number, yes: number, no: number, constant: number];

class Layout {
  /** Last instruction first. */
  readonly #reversed: Instruction[] = [];
  readonly #places = new Map<BpfNode, number>();

  place(node: BpfNode): number {
    const placed = this.#places.get(node);
    if (placed !== undefined) return placed;
    const place = this.#write(node);
    this.#places.set(node, place);
    return place;
  }

  /** As an array of `struct sock_filter` in the machine's byte order (little endian on all that are supported). */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#reversed.length * 8);
    const view = new DataView(bytes.buffer);
    for (const [index, [code, yes, no, constant]] of this.#reversed.toReversed().entries()) {
      view.setUint16(index * 8, code, true);
      view.setUint8(index * 8 + 2, yes);
      view.setUint8(index * 8 + 3, no);
      view.setUint32(index * 8 + 4, constant, true);
    }
    return bytes;
  }

  #write(node: BpfNode): number {
    if (node.kind === "return") return this.#push([returnConstant, 0, 0, node.value]);
    if (node.kind === "jump") return this.#writeJump(node.test, node.value, node.yes, node.no);
    const next = this.place(node.next);
    if (this.#distance(next) > 0) this.#push([jumpAlways, 0, 0, this.#distance(next)]);
    return this.#push(node.kind === "load" ? [loadWord, 0, 0, node.offset] : [andConstant, 0, 0, node.mask]);
  }

  #writeJump(test: JumpTest, value: number, yes: BpfNode, no: BpfNode): number {
    this.place(yes);
    this.place(no);
    // One less than the reach: the second may need an instruction that pushes the first one away.
    this.#bringNear(yes, reach - 1);
    this.#bringNear(no, reach);
    return this.#push([jumpCodes[test], this.#distance(this.place(yes)), this.#distance(this.place(no)), value]);
  }

  /** Puts a copy of a return, or a jump that reaches any distance, where the next instruction can jump to it. */
  #bringNear(node: BpfNode, limit: number): void {
    const distance = this.#distance(this.place(node));
    if (distance <= limit) return;
    const copy: Instruction =
      node.kind === "return" ? [returnConstant, 0, 0, node.value] : [jumpAlways, 0, 0, distance];
    this.#places.set(node, this.#push(copy));
  }

  /** Instructions that the next one to be written would have to skip. */
  #distance(place: number): number {
    return this.#reversed.length - place - 1;
  }

  #push(instruction: Instruction): number {
    return this.#reversed.push(instruction) - 1;
  }
}

/** Assembles the filter that begins at a node. */
export function assemble(start: BpfNode): Uint8Array {
  const layout = new Layout();
  layout.place(start);
  return layout.bytes();
}
