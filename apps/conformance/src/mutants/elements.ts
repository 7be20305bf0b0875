import { bytesOf, type DType, type HostBackend, type Operand, type Rows } from "@surprisal/core";
import { roundTo } from "../oracle/rounding.ts";

/** Elements of an operand where they lie, for whoever wants to damage them. */
export interface Elements {
  readonly dtype: DType;
  readonly rows: Rows;
  /** Element (o, c, i); its number in memory is that of the contract. */
  readonly get: (outer: number, c: number, inner: number) => number;
  readonly set: (outer: number, c: number, inner: number, value: number) => void;
  /** Leaves an element as the suite hands its memory out: bytes of 0xff. */
  readonly erase: (outer: number, c: number, inner: number) => void;
  /** Gives every element another value. */
  readonly map: (change: (value: number, place: Place) => number) => void;
}

/** Where an element stands, and as which one it comes. */
export interface Place {
  readonly outer: number;
  readonly c: number;
  readonly inner: number;
  readonly index: number;
}

/** The elements of an operand on a host backend, whatever its offset and strides. */
export function elementsOf(backend: HostBackend, { buffer, dtype, offset, strides }: Operand, rows: Rows): Elements {
  const { bytes, byteOffset } = backend.view(buffer);
  const memory = new DataView(bytes, byteOffset);
  const byteAt = (outer: number, c: number, inner: number): number =>
    bytesOf(dtype) * (offset + outer * strides[0] + c * strides[1] + inner * strides[2]);
  const get: Elements["get"] = (...place) => read(memory, dtype, byteAt(...place));
  const set: Elements["set"] = (outer, c, inner, value) => write(memory, dtype, byteAt(outer, c, inner), value);
  return {
    dtype,
    rows,
    get,
    set,
    erase(...place) {
      for (let byte = 0; byte < bytesOf(dtype); byte++) memory.setUint8(byteAt(...place) + byte, 0xff);
    },
    map(change) {
      const { outer: outers, classes, inner: inners } = rows;
      for (let index = 0; index < outers * classes * inners; index++) {
        const inner = index % inners;
        const c = Math.floor(index / inners) % classes;
        const outer = Math.floor(index / (inners * classes));
        set(outer, c, inner, change(get(outer, c, inner), { outer, c, inner, index }));
      }
    },
  };
}

function read(memory: DataView, dtype: DType, byte: number): number {
  switch (dtype) {
    case "f32":
      return memory.getFloat32(byte, true);
    case "f64":
      return memory.getFloat64(byte, true);
    case "bf16":
      return floatOf(memory.getUint16(byte, true));
    case "i64":
      return Number(memory.getBigInt64(byte, true));
    case "i32":
      return memory.getInt32(byte, true);
    case "i16":
      return memory.getInt16(byte, true);
    case "u8":
    case "bool":
      return memory.getUint8(byte);
    case "f16":
      throw new TypeError("no mutant touches f16");
    default:
      return dtype satisfies never;
  }
}

function write(memory: DataView, dtype: DType, byte: number, value: number): void {
  switch (dtype) {
    case "f32":
      return memory.setFloat32(byte, value, true);
    case "f64":
      return memory.setFloat64(byte, value, true);
    case "bf16":
      return memory.setUint16(byte, bitsOf(roundTo("bf16", value)), true);
    case "i64":
      return memory.setBigInt64(byte, BigInt(value), true);
    case "i32":
      return memory.setInt32(byte, value, true);
    case "i16":
      return memory.setInt16(byte, value, true);
    case "u8":
    case "bool":
      return memory.setUint8(byte, value);
    case "f16":
      throw new TypeError("no mutant touches f16");
    default:
      dtype satisfies never;
  }
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function floatOf(bits: number): number {
  word[0] = bits * 0x10000;
  return float[0] ?? NaN;
}

/** The upper half of the f32: a bf16 rounded toward zero, exact where the number is one. */
function bitsOf(value: number): number {
  float[0] = value;
  return (word[0] ?? 0) >>> 16;
}
