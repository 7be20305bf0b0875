/** Bytes that hold numbers of any number of bits, lowest first; each method goes past what it reads. */
export class BitReader {
  /** The byte that is next, and how many of its bits are read. */
  at = 0;
  shift = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Goes on with the first bit of a byte. */
  moveTo(at: number): void {
    this.at = at;
    this.shift = 0;
  }

  /** A number of at most 32 bits. @throws RangeError */
  bits(width: number): number {
    const { bytes, at, shift } = this;
    const end = shift + width;
    this.need((end + 7) >>> 3);
    this.at = at + (end >>> 3);
    this.shift = end & 7;
    const low =
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    const high = end > 32 ? byteAt(bytes, at + 4) << (32 - shift) : 0;
    return (((low >>> shift) | high) & (width < 32 ? (1 << width) - 1 : -1)) >>> 0;
  }

  /** A number of whole bytes. @throws RangeError */
  number(count: number): number {
    this.need(count);
    let result = 0;
    for (let i = 0; i < count; i++) result += byteAt(this.bytes, this.at++) * 2 ** (8 * i);
    return result;
  }

  /** A number of at most 32 bits, seven to a byte. @throws RangeError */
  varint(): number {
    let result = 0;
    for (let i = 0; i < 5; i++) {
      const byte = this.number(1);
      result += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return result >>> 0;
    }
    throw new RangeError("a number of more than 32 bits");
  }

  /** A signed number of at most 64 bits, seven to a byte, its sign in the lowest bit. @throws RangeError */
  zigzag(): bigint {
    let result = 0n;
    for (let i = 0n; i < 10n; i++) {
      const byte = this.number(1);
      result |= BigInt(byte & 127) << (7n * i);
      if (byte < 128) return BigInt.asIntN(64, (result >> 1n) ^ -(result & 1n));
    }
    throw new RangeError("a number of more than 64 bits");
  }

  private need(count: number): void {
    if (this.at + count > this.bytes.length)
      throw new RangeError(`numbers end early, after ${this.bytes.length} bytes`);
  }
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
