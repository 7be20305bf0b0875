/** Deeper than anything that Parquet has. */
const DEEPEST = 64;
/** Seven bits of a number of 64 in each. */
const LONGEST_NUMBER = 10;

/**
 * Goes past a Thrift struct in compact protocol, which the footer and the headers of pages are, and gives where it ends. hyparquet takes
 * memory for a list before it looks whether its elements are there; each takes a byte at least.
 *
 * @throws RangeError if the bytes end before, or a list says that it has more than they can hold
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export function endOfStruct(bytes: Uint8Array): number {
  let at = 0;
  struct(0);
  return at;

  function struct(depth: number): void {
    if (depth > DEEPEST) throw new RangeError(`structs in each other, more than ${DEEPEST}`);
    for (let head = byte(); (head & 15) !== 0; head = byte()) {
      if (head >> 4 === 0) number();
      value(head & 15, depth);
    }
  }

  function value(type: number, depth: number): void {
    if (type === 1 || type === 2) return; // true and false, which the type itself says
    if (type === 3) skip(1);
    else if (type <= 6) number();
    else if (type === 7) skip(8);
    else if (type === 8) skip(number());
    else if (type === 9) list(depth);
    else if (type === 12) struct(depth + 1);
    else throw new RangeError(`a value of Thrift's type ${type}`);
  }

  function list(depth: number): void {
    const head = byte();
    const type = head & 15;
    const size = head >> 4 === 15 ? number() : head >> 4;
    if (size > bytes.length - at) {
      throw new RangeError(`a list of ${size} does not fit into the ${bytes.length - at} bytes that are left`);
    }
    if (depth > DEEPEST) throw new RangeError(`lists in each other, more than ${DEEPEST}`);
    for (let i = 0; i < size; i++) {
      if (type === 1 || type === 2) skip(1);
      else value(type, depth + 1);
    }
  }

  function byte(): number {
    const here = at;
    skip(1);
    return bytes[here] ?? 0;
  }

  function number(): number {
    let result = 0;
    for (let i = 0; i < LONGEST_NUMBER; i++) {
      const part = byte();
      result += (part & 127) * 2 ** (7 * i);
      if (part < 128) return result;
    }
    throw new RangeError(`a number of more than ${LONGEST_NUMBER} bytes`);
  }

  function skip(count: number): void {
    if (count > bytes.length - at) throw new RangeError(`a struct ends early, after ${bytes.length} bytes`);
    at += count;
  }
}
