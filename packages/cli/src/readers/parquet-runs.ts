import { BitReader } from "./parquet-bits.ts";

/** Numbers in runs: how Parquet writes levels, the indices of a dictionary, and truth values. */
export interface Runs {
  /** The next number. @throws RangeError at the end of the bytes */
  value(): number;
  /** Goes past at most `limit` of the numbers that are equal to the next one, and gives how many. */
  skip(limit: number): number;
}

/**
 * Reads runs of one number, and of packed bits, as they come: a run of any length takes no memory.
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export function openRuns(bytes: Uint8Array, width: number): Runs {
  if (width > 32) throw new RangeError(`numbers of at most 32 bits required; got ${width}`);
  const mask = 2 ** width - 1;
  const reader = new BitReader(bytes);
  let packed = 0;
  let equal = 0;
  let value = 0;

  function load(): void {
    while (equal === 0) {
      if (packed > 0) {
        if (loadEqualBytes()) return;
        value = reader.bits(width);
        packed--;
        equal = 1;
      } else {
        const header = reader.varint();
        const isPacked = (header & 1) === 1;
        const count = (header >>> 1) * (isPacked ? 8 : 1);
        if (isPacked && width > 0) packed = count;
        else {
          value = reader.number(Math.ceil(width / 8));
          equal = count;
        }
      }
    }
  }

  /** Numbers that fill bytes and are equal, as most levels are, come as one run. */
  function loadEqualBytes(): boolean {
    const start = reader.at;
    const first = bytes[start] ?? 0;
    if (reader.shift !== 0 || 8 % width !== 0 || first !== (first & mask) * (255 / mask)) return false;
    const end = Math.min(bytes.length, start + (packed * width) / 8);
    let at = start;
    while (at < end && bytes[at] === first) at++;
    reader.moveTo(at);
    value = first & mask;
    equal = ((at - start) * 8) / width;
    packed -= equal;
    return equal > 0;
  }

  return {
    value() {
      load();
      return value;
    },
    skip(limit) {
      load();
      const count = Math.min(equal, limit);
      equal -= count;
      return count;
    },
  };
}

/** Goes past the numbers that are `value`, at most `limit`, and gives how many. */
export function skipEqual(runs: Runs, value: number, limit: number): number {
  let seen = 0;
  while (seen < limit && runs.value() === value) seen += runs.skip(limit - seen);
  return seen;
}
