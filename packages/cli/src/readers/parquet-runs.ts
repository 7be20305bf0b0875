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
  let at = 0;
  let shift = 0;
  let packed = 0;
  let equal = 0;
  let value = 0;

  function load(): void {
    while (equal === 0) {
      if (packed > 0) {
        if (loadEqualBytes()) return;
        value = packedBits();
        packed--;
        equal = 1;
      } else {
        const header = varint();
        const isPacked = (header & 1) === 1;
        const count = (header >>> 1) * (isPacked ? 8 : 1);
        if (isPacked && width > 0) packed = count;
        else {
          value = repeatedValue();
          equal = count;
        }
      }
    }
  }

  /** Numbers that fill bytes and are equal, as most levels are, come as one run. */
  function loadEqualBytes(): boolean {
    const first = byteAt(at);
    if (shift !== 0 || 8 % width !== 0 || first !== (first & mask) * (255 / mask)) return false;
    const end = Math.min(bytes.length, at + (packed * width) / 8);
    const start = at;
    while (at < end && bytes[at] === first) at++;
    value = first & mask;
    equal = ((at - start) * 8) / width;
    packed -= equal;
    return equal > 0;
  }

  function packedBits(): number {
    need(Math.ceil((shift + width) / 8));
    const low = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16) | (byteAt(at + 3) << 24);
    const high = shift + width > 32 ? byteAt(at + 4) << (32 - shift) : 0;
    const bits = (((low >>> shift) | high) & mask) >>> 0;
    shift += width;
    at += shift >>> 3;
    shift &= 7;
    return bits;
  }

  function repeatedValue(): number {
    const count = Math.ceil(width / 8);
    need(count);
    let bits = 0;
    for (let i = 0; i < count; i++) bits += byteAt(at++) * 2 ** (8 * i);
    return bits;
  }

  function varint(): number {
    let bits = 0;
    for (let i = 0; i < 5; i++) {
      need(1);
      const byte = byteAt(at++);
      bits += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return bits >>> 0;
    }
    throw new RangeError("a run's length of more than 32 bits");
  }

  function need(count: number): void {
    if (at + count > bytes.length) throw new RangeError(`runs of numbers end early, after ${bytes.length} bytes`);
  }

  function byteAt(index: number): number {
    return bytes[index] ?? 0;
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
