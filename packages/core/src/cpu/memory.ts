import type { DeviceBuffer } from "../backend.ts";
import { bytesOf, type DType } from "../dtype.ts";
import { DisposedError } from "../errors.ts";
import { storageArray } from "../storage.ts";

/** Ordinary JavaScript memory; typed views of the whole are made once per element type. */
export class CpuBuffer implements DeviceBuffer {
  #bytes: ArrayBufferLike | undefined;
  readonly #views: { [name: string]: ArrayBufferView } = {};

  constructor(bytes: ArrayBufferLike) {
    this.#bytes = bytes;
  }

  get byteLength(): number {
    return this.bytes.byteLength;
  }

  get bytes(): ArrayBufferLike {
    if (this.#bytes === undefined) throw new DisposedError("disposed", "this buffer of the cpu backend was freed");
    return this.#bytes;
  }

  free(): void {
    this.#bytes = undefined;
    for (const name of Object.keys(this.#views)) delete this.#views[name];
  }

  /** The elements of a dtype that fit a number: all but i64. */
  numbers(dtype: Exclude<DType, "i64">): NumberArray {
    return (this.#views[dtype] ??= this.#viewOf(dtype)) as NumberArray;
  }

  /** Pairs of 32-bit words: i64 elements, low word first. */
  words(): Int32Array {
    return (this.#views["i64"] ??= new Int32Array(this.bytes, 0, this.bytes.byteLength >> 2)) as Int32Array;
  }

  #viewOf(dtype: DType): ArrayBufferView {
    return storageArray(dtype, this.bytes, 0, Math.floor(this.bytes.byteLength / bytesOf(dtype)));
  }
}

/** Typed arrays of numbers; halves as their bits. */
export type NumberArray = Float32Array | Float64Array | Uint16Array | Int32Array | Int16Array | Uint8Array;

/** The cpu backend's own buffer behind a contract's. */
export function memoryOf(buffer: DeviceBuffer): CpuBuffer {
  if (buffer instanceof CpuBuffer) return buffer;
  throw new TypeError("this buffer does not belong to the cpu backend");
}
