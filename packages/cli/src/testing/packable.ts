/** Bytes with repetitions near and far, in runs short and long: a part for each number. */
export function packable(parts: readonly number[]): Buffer {
  return Buffer.concat(parts.map(partOf));
}

function partOf(number: number): Uint8Array {
  const length = 1 + ((number >>> 2) % 3000);
  if (number % 3 === 0)
    return Uint8Array.from({ length: length % 100 }, (_, i) => Math.imul(number + i, 0x9e3779b1) >>> 24);
  if (number % 3 === 1) return new Uint8Array(length).fill(number >>> 16);
  return Uint8Array.from({ length: 700 }, (_, i) => (i * i) >> 3);
}
