import { BitReader } from "./parquet-bits.ts";

/** Integers that are told by their differences, front to back. */
export interface Deltas {
  /** Fills an array with the next ones, modulo 2^32 or 2^64. @throws RangeError where there are not as many */
  read(into: Int32Array | BigInt64Array): void;
  /** The byte at which they end, whether they have been read or not; after it, nothing can be read. @throws RangeError */
  end(): number;
}

/** Strings of bytes, front to back. */
export interface DeltaStrings {
  /** The next ones. @throws RangeError where there are not as many, or one is too long */
  take(count: number): Uint8Array[];
}

const TWO_32 = 2 ** 32;

/**
 * Reads DELTA_BINARY_PACKED: blocks of miniblocks, whose differences have the same number of bits. A block of any length whose
 * differences are equal takes no memory.
 *
 * @throws RangeError
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */
export function openDeltas(bytes: Uint8Array): Deltas {
  const reader = new BitReader(bytes);
  const blockSize = reader.varint();
  const miniblocks = reader.varint();
  const size = blockSize / miniblocks;
  if (!(miniblocks > 0 && size > 0 && size % 8 === 0)) {
    throw new RangeError(`blocks of ${blockSize} differences in ${miniblocks} parts`);
  }
  let left = reader.varint();
  /** The last value and the block's least difference, as halves: 64 bits are more than a number has, and bigints are slow. */
  let [low, high] = halves(reader.zigzag());
  let leastLow = 0;
  let leastHigh = 0;
  /** Of the miniblock: differences that are left, and their bits. The first value differs from itself by nothing. */
  let differences = 1;
  let width = 0;
  /** Where the widths of the block's miniblocks are, which of them is next, and where it, or the next block, begins. */
  let widths = 0;
  let next = miniblocks;
  let start = reader.at;

  function loadMiniblock(): void {
    if (next === miniblocks) {
      reader.moveTo(start);
      [leastLow, leastHigh] = halves(reader.zigzag());
      widths = reader.at;
      start = widths + miniblocks;
      next = 0;
    }
    reader.moveTo(widths + next);
    width = reader.number(1);
    if (width > 64) throw new RangeError(`a difference of ${width} bits, after ${widths + next} bytes`);
    next++;
    reader.moveTo(start);
    start += (size / 8) * width;
    differences = size;
  }

  /** Adds so many differences of the miniblock, one after the other, and puts what comes of each into words: one, or two. */
  function add(count: number, words: Int32Array, stride: number): void {
    const lowBits = Math.min(width, 32);
    const highBits = width - lowBits;
    let [sum, upper] = [low, high];
    for (let i = 0; i < count; i++) {
      sum += leastLow + (lowBits > 0 ? reader.bits(lowBits) : 0);
      upper = (upper + leastHigh + (highBits > 0 ? reader.bits(highBits) : 0) + Math.floor(sum / TWO_32)) | 0;
      sum %= TWO_32;
      words[i * stride] = sum;
      if (stride === 2) words[2 * i + 1] = upper;
    }
    [low, high] = [sum, upper];
    differences -= count;
    left -= count;
  }

  return {
    read(into) {
      if (into.length > left) throw new RangeError(`${into.length} more values required in a page; got ${left}`);
      const words = new Int32Array(into.buffer, into.byteOffset, into.byteLength / 4);
      const stride = into.BYTES_PER_ELEMENT / 4;
      for (let at = 0; at < into.length;) {
        if (differences === 0) loadMiniblock();
        const count = Math.min(differences, into.length - at);
        add(count, words.subarray(at * stride), stride);
        at += count;
      }
    },
    end() {
      for (; left > differences; loadMiniblock()) left -= differences;
      return start;
    },
  };
}

/**
 * Reads DELTA_LENGTH_BYTE_ARRAY, lengths and then all bytes, and DELTA_BYTE_ARRAY, where it is told before how many bytes each string has
 * in common with the one before it.
 *
 * @param options `least` and `most`: bytes that a string may have
 * @throws RangeError
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-strings-delta_byte_array--7
 */
export function openDeltaStrings(
  bytes: Uint8Array,
  { prefixed, least, most }: { readonly prefixed: boolean; readonly least: number; readonly most: number },
): DeltaStrings {
  const prefixes = prefixed ? openDeltas(bytes) : undefined;
  const rest = prefixed ? bytes.subarray(openDeltas(bytes).end()) : bytes;
  const suffixes = openDeltas(rest);
  let at = openDeltas(rest).end();
  let last = new Uint8Array(0);
  return {
    take(count) {
      const common = new Int32Array(count);
      const own = new Int32Array(count);
      prefixes?.read(common);
      suffixes.read(own);
      return Array.from(own, (length, i) => {
        const shared = common[i] ?? 0;
        const size = shared + length;
        if (!(shared >= 0 && shared <= last.length && length >= 0 && at + length <= rest.length)) {
          throw new RangeError(`a string of ${length} bytes after ${shared} of one of ${last.length}`);
        }
        if (!(size >= least && size <= most)) {
          throw new RangeError(`strings of ${least} to ${most} bytes required; got one of ${size}`);
        }
        const string = new Uint8Array(size);
        string.set(last.subarray(0, shared));
        string.set(rest.subarray(at, at + length), shared);
        at += length;
        last = string;
        return string;
      });
    },
  };
}

/** The lower half of 64 bits without its sign, and the upper one. */
function halves(value: bigint): [low: number, high: number] {
  return [Number(BigInt.asUintN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
