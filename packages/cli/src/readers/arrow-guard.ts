import { Data } from "apache-arrow";
import { Footer } from "apache-arrow/fb/footer";
import { VectorLoader } from "apache-arrow/visitor/vectorloader";
import { createRequire } from "node:module";

/** Its method that says how many elements a list has. */
const LENGTH = "__vector_len";

/** Its method that makes a column longer, with a bit for each new row. */
const LENGTHEN = "_changeLengthAndBackfillNullBitmap";

/** Its method that reads the buffers behind views of text, of which a column may claim any number. */
const READ_BUFFERS = "readVariadicBuffers";

/** The one class of the library flatbuffers that is looked at. */
interface ByteBuffer {
  readonly capacity: () => number;
  [LENGTH]: (offset: number) => number;
}

/** Its methods that say how many blocks of a file there are, which the library asks for anew before each block. */
const BLOCK_COUNTS = ["recordBatchesLength", "dictionariesLength"] as const;

let guarded = false;

/**
 * Makes apache-arrow refuse metadata that claims more elements than its bytes can hold, and columns that are shorter than their record
 * batch says. It has no check of its own: four bytes that are wrong keep it busy for hours, or take hundreds of megabytes. All its
 * loops ask for the length of a list how often to turn.
 * @see ../../../../docs/decisions/0024-arrow-is-guarded.md
 */
export function guardArrow(): void {
  if (guarded) return;
  guarded = true;
  const fromArrow = createRequire(createRequire(import.meta.url).resolve("apache-arrow")); // its own copy, whatever ours
  const { prototype } = (fromArrow("flatbuffers") as { readonly ByteBuffer: { readonly prototype: ByteBuffer } })
    .ByteBuffer;
  const lengthAt = prototype[LENGTH];
  (Data.prototype as unknown as Record<string, unknown>)[LENGTHEN] = function (this: Data, rows: number): never {
    throw new RangeError(`a column of ${this.length} values in a record batch of ${rows}`);
  };
  guardViews(VectorLoader.prototype as unknown as ViewLoader);
  for (const method of BLOCK_COUNTS) askOnce(Footer.prototype, method);
  const claimed = new WeakMap<ByteBuffer, number>();
  prototype[LENGTH] = function (this: ByteBuffer, offset: number): number {
    const length = Reflect.apply(lengthAt, this, [offset]);
    const total = (claimed.get(this) ?? 0) + length;
    claimed.set(this, total);
    if (length >= 0 && total <= this.capacity()) return length; // an element takes four bytes at least, and is asked for once
    throw new RangeError(`a list of ${length} does not fit into metadata of ${this.capacity()} bytes`);
  };
}

interface ViewLoader {
  readonly buffers: ArrayLike<unknown>;
  [READ_BUFFERS]: (count: number) => unknown;
}

function guardViews(prototype: ViewLoader): void {
  const read = prototype[READ_BUFFERS];
  prototype[READ_BUFFERS] = function (this: ViewLoader, count: number): unknown {
    const { length } = this.buffers;
    if (count <= length) return Reflect.apply(read, this, [count]);
    throw new RangeError(`a column of ${count} buffers in a record batch of ${length}`);
  };
}

/** A method without parameters whose result is kept for each object, so that it counts once. */
function askOnce<Name extends string>(prototype: Record<Name, () => number>, method: Name): void {
  const ask = prototype[method];
  const known = new WeakMap<object, number>();
  prototype[method] = function (this: object): number {
    const result = known.get(this) ?? Reflect.apply<object, [], number>(ask, this, []);
    known.set(this, result);
    return result;
  };
}
