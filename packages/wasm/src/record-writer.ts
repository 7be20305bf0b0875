import type { Operand } from "@surprisal/core";
import { DTYPES } from "./dtypes.ts";
import { addressOf } from "./buffer.ts";

/** Bytes of a record's own fields, and of it all. */
const FIELDS = 512;
export const RECORD_BYTES = 1024;

/**
 * Writes a plan's record where kernels read it: fields in the order of kernels/records.ts, each at a multiple of its size, with the
 * operands behind them.
 */
export class RecordWriter {
  readonly #address: number;
  #ints: Int32Array;
  #floats: Float64Array;
  #at = 0;
  #operandAt = 0;

  /** @param memory may be replaced by a larger one: see `useMemory` */
  constructor(address: number, memory: ArrayBufferLike) {
    this.#address = address;
    this.#ints = new Int32Array(memory);
    this.#floats = new Float64Array(memory);
  }

  /** After the memory has grown. */
  useMemory(memory: ArrayBufferLike): void {
    this.#ints = new Int32Array(memory);
    this.#floats = new Float64Array(memory);
  }

  /** A new record. */
  begin(): void {
    this.#at = this.#address;
    this.#operandAt = this.#address + FIELDS;
  }

  int(value: number): void {
    this.#ints[this.#at >> 2] = value;
    this.#at += 4;
  }

  flag(value: boolean): void {
    this.int(value ? 1 : 0);
  }

  float(value: number): void {
    this.#at = (this.#at + 7) & ~7;
    this.#floats[this.#at >> 3] = value;
    this.#at += 8;
  }

  /** An operand, or null. */
  operand(operand: Operand | undefined): void {
    if (operand === undefined) return this.int(0);
    const at = this.#operandAt >> 2;
    const [outer, classes, inner] = operand.strides;
    const ints = this.#ints;
    ints[at] = placeOf(operand);
    ints[at + 1] = DTYPES[operand.dtype].code;
    ints[at + 2] = outer;
    ints[at + 3] = classes;
    ints[at + 4] = inner;
    this.int(this.#operandAt);
    this.#operandAt += 20;
  }

  /** Changes field number `index`, one of the first, which are all integers. */
  set(index: number, value: number): void {
    this.#ints[(this.#address >> 2) + index] = value;
  }
}

/** Where an operand's first element lies. */
export function placeOf({ buffer, dtype, offset }: Operand): number {
  return addressOf(buffer) + offset * DTYPES[dtype].bytes;
}
