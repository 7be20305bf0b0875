import { type ArrayReader, type Elements, type ReaderShape, restOf, rowSizeOf, sizeOf } from "./array-reader.ts";
import { byRows } from "./by-rows.ts";
import { type Bytes, isSeekable, memoryBytes, readFully, readUpTo, type SeekableBytes } from "./bytes.ts";
import { bytesOfElements, ELEMENTS, type ElementType, isPlain, newElements, swapBytes, widen } from "./elements.ts";
import { FormatError } from "./format-error.ts";

/** Elements as they lie in a file, one after the other. */
export interface RawArray {
  readonly name: string;
  readonly type: ElementType;
  readonly bigEndian: boolean;
  readonly shape: readonly number[];
  /** Whether the first axis is the one that steps by single elements, instead of the last. */
  readonly fortranOrder: boolean;
  /** Position of the first element. */
  readonly start: number;
}

/** Elements are converted in pieces of this size. */
const PIECE_BYTES = 2 ** 20;
/** An array in Fortran order is gathered in memory up to this size, and by seeking in the file beyond it. */
const GATHER_BYTES = 64 * 2 ** 20;

/**
 * Reads an array whose header was read: `bytes` stand at its first element. Memory: a piece of 1 MiB where elements are
 * converted; in Fortran order up to 64 MiB. What is larger and in Fortran order is gathered with one read per run of
 * elements, in files that can be read anywhere, and refused in streams.
 * @throws FormatError
 */
export async function rawArray(bytes: Bytes, array: RawArray): Promise<ArrayReader> {
  if (!array.fortranOrder || array.shape.length < 2) return rowMajor(bytes, array);
  const total = bytesOf(array);
  if (total > GATHER_BYTES) {
    if (isSeekable(bytes)) return columnMajor(bytes, array);
    const advice = "read it from a .npy file, or save numpy.ascontiguousarray(array)";
    throw new FormatError(array.name, `${total} bytes in Fortran order cannot be read front to back: ${advice}`);
  }
  const memory = new Uint8Array(total);
  await readFully(bytes, memory, "elements");
  const reader = columnMajor(memoryBytes(memory, array.name), { ...array, start: 0 });
  return { ...reader, close: () => bytes.close() };
}

function bytesOf({ shape, type }: RawArray): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((bytes, size) => bytes * size, ELEMENTS[type].bytes);
}

function rowMajor(bytes: Bytes, array: RawArray): ArrayReader {
  const { name, type, start } = array;
  const itemBytes = ELEMENTS[type].bytes;
  const shape = array.shape as ReaderShape;
  const size = sizeOf(shape) ?? 0;
  const decoder = new Decoder(array);
  let done = 0;
  return {
    name,
    dtype: ELEMENTS[type].dtype,
    shape,
    text: false,
    async read(into) {
      const count = Math.min(size - done, into.length);
      await decoder.decode(into.subarray(0, count), done, (part) => readFully(bytes, part, "elements"));
      done += count;
      if (done === size && count > 0) await expectEnd(bytes, name);
      return count;
    },
    readAt: isSeekable(bytes)
      ? (first, into) => decoder.decodeNow(into, first, (part, from) => bytes.readAt(start + from * itemBytes, part))
      : undefined,
    close: () => bytes.close(),
  };
}

/** Files were measured before; only a stream can go on after its elements. */
async function expectEnd(bytes: Bytes, name: string): Promise<void> {
  if (bytes.size !== undefined || (await readUpTo(bytes, new Uint8Array(1))) === 0) return;
  throw new FormatError(name, "longer than its header says: bytes follow the last element");
}

/** Rows of an array whose first axis steps by single elements: run by run, each of as many elements as there are rows. */
function columnMajor(bytes: SeekableBytes, array: RawArray): ArrayReader {
  const { name, type, start } = array;
  const { bytes: itemBytes, dtype } = ELEMENTS[type];
  const shape = array.shape as ReaderShape;
  const size = rowSizeOf(shape);
  const rows = array.shape.includes(0) ? 0 : (array.shape[0] ?? 0);
  const decoder = new Decoder(array);
  let done = 0;

  function gather(into: Elements, count: number): void {
    const run = newElements(dtype, count);
    const place = rowMajorPlaces(restOf(shape));
    for (let column = 0; column < size; column++) {
      decoder.decodeNow(run, column * rows + done, (part, from) => bytes.readAt(start + from * itemBytes, part));
      const to = place();
      for (let row = 0; row < count; row++) into[row * size + to] = run[row] as never;
    }
    done += count;
  }

  const read = byRows(shape, dtype, gather, () => {
    if (size * itemBytes > GATHER_BYTES) throw tooWide(name, size * itemBytes);
  });
  return {
    name,
    dtype,
    shape,
    text: false,
    read,
    close: () => bytes.close(),
  };
}

function tooWide(name: string, bytes: number): FormatError {
  const problem = `one step along the first axis is ${bytes} bytes in Fortran order; at most ${GATHER_BYTES} can be gathered`;
  return new FormatError(name, `${problem}: save numpy.ascontiguousarray(array)`);
}

/** Counts up in Fortran order, and gives each element's place in row-major order. */
function rowMajorPlaces(shape: readonly number[]): () => number {
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((product, each) => product * each, 1));
  const index = shape.map(() => 0);
  let next = 0;
  return () => {
    const place = next;
    for (let dim = 0; dim < shape.length; dim++) {
      const at = (index[dim] ?? 0) + 1;
      const stride = strides[dim] ?? 0;
      if (at < (shape[dim] ?? 0)) {
        index[dim] = at;
        next += stride;
        break;
      }
      index[dim] = 0;
      next -= (at - 1) * stride;
    }
    return place;
  };
}

/** Turns bytes of a file into elements: straight where they are the same, else piece by piece. */
class Decoder {
  readonly #array: RawArray;
  readonly #itemBytes: number;
  #piece = new Uint8Array(0);

  constructor(array: RawArray) {
    this.#array = array;
    this.#itemBytes = ELEMENTS[array.type].bytes;
  }

  /** `fill` gets the bytes of elements, in their order. */
  async decode(into: Elements, first: number, fill: (part: Uint8Array) => Promise<void>): Promise<void> {
    for (const { part, finish } of this.#parts(into, first)) {
      await fill(part);
      finish();
    }
  }

  /** The same at once; `fill` is also told the number of the part's first element. */
  decodeNow(into: Elements, first: number, fill: (part: Uint8Array, from: number) => void): void {
    for (const { part, from, finish } of this.#parts(into, first)) {
      fill(part, from);
      finish();
    }
  }

  *#parts(into: Elements, first: number): Generator<{ part: Uint8Array; from: number; finish: () => void }> {
    if (into.length === 0) return;
    if (isPlain(this.#array.type)) {
      const part = bytesOfElements(into);
      yield { part, from: first, finish: () => this.#swap(part) };
      return;
    }
    const step = PIECE_BYTES / 8;
    for (let at = 0; at < into.length; at += step) {
      const target = into.subarray(at, at + step);
      const part = this.#pieceOf(target.length * this.#itemBytes);
      const from = first + at;
      yield { part, from, finish: () => this.#widen(part, target, from) };
    }
  }

  #pieceOf(bytes: number): Uint8Array {
    if (this.#piece.length < bytes) this.#piece = new Uint8Array(bytes);
    return this.#piece.subarray(0, bytes);
  }

  #widen(part: Uint8Array, target: Elements, first: number): void {
    this.#swap(part);
    widen(this.#array.type, part, target, { name: this.#array.name, first });
  }

  #swap(part: Uint8Array): void {
    if (this.#array.bigEndian) swapBytes(part, this.#itemBytes);
  }
}
