// One binary is shipped; the others are made from it, which takes a few milliseconds and saves their bytes. The format: WebAssembly
// core specification, chapter 5. A module is a list of sections, each with a number, its length and its contents.

const HEADER = 8;
const TYPES = 1;
const IMPORTS = 2;
const FUNCTIONS = 3;
const CODE = 10;

const MEMORY = 2;
const SHARED = 2; // a bit of a memory's limits
const VECTOR = 0x7b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const SIMD = 0xfd;

interface Section {
  readonly id: number;
  readonly contents: Uint8Array;
}

/** Reads numbers and bytes one after the other. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  /** An unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }
}

/** The same module for a memory that threads share. */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinSections(
    sectionsOf(binary).map((section) =>
      section.id === IMPORTS ? { ...section, contents: sharing(section.contents) } : section,
    ),
  );
}

function sharing(imports: Uint8Array): Uint8Array {
  const changed = imports.slice();
  const reader = new Reader(imports);
  for (let left = reader.number(); left > 0; left--) {
    reader.take(reader.number());
    reader.take(reader.number());
    if (reader.byte() !== MEMORY) throw new TypeError("the kernels import nothing but their memory");
    changed[reader.at] = (changed[reader.at] ?? 0) | SHARED;
    reader.byte();
    reader.number();
    reader.number();
  }
  return changed;
}

/**
 * The same module without relaxed instructions: a fused a·b + c (or c − a·b) becomes a product and a sum, by way of two more
 * locals in each function.
 */
export function withoutRelaxed(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(binary);
  const contentsOf = (id: number): Uint8Array =>
    sections.find((section) => section.id === id)?.contents ?? new Uint8Array(0);
  const parameters = parameterCounts(contentsOf(TYPES), contentsOf(FUNCTIONS));
  return joinSections(
    sections.map((section) =>
      section.id === CODE ? { ...section, contents: unfused(section.contents, parameters) } : section,
    ),
  );
}

/** Number of parameters of each function that has code. */
function parameterCounts(types: Uint8Array, functions: Uint8Array): number[] {
  const reader = new Reader(types);
  const counts = Array.from({ length: reader.number() }, () => {
    reader.byte(); // a function type
    const count = reader.number();
    reader.take(count);
    reader.take(reader.number());
    return count;
  });
  const indices = new Reader(functions);
  return Array.from({ length: indices.number() }, () => counts[indices.number()] ?? 0);
}

function unfused(code: Uint8Array, parameters: readonly number[]): Uint8Array {
  const reader = new Reader(code);
  const count = reader.number();
  const bodies = Array.from({ length: count }, (_, i) => unfusedBody(reader.take(reader.number()), parameters[i] ?? 0));
  return concat([leb(count), ...bodies.flatMap((body) => [leb(body.length), body])]);
}

function unfusedBody(body: Uint8Array, parameters: number): Uint8Array {
  const reader = new Reader(body);
  const groups = reader.number();
  const from = reader.at;
  let locals = parameters;
  for (let i = 0; i < groups; i++) {
    locals += reader.number();
    reader.byte();
  }
  const pieces = [leb(groups + 1), body.subarray(from, reader.at), leb(2), Uint8Array.of(VECTOR)];
  let kept = reader.at;
  for (let at = reader.at; at < body.length; at++) {
    const replacement = isFused(body, at) ? separate(body[at + 1] ?? 0, leb(locals), leb(locals + 1)) : undefined;
    if (replacement === undefined) continue;
    pieces.push(body.subarray(kept, at), replacement);
    kept = at + FUSED_LENGTH;
  }
  pieces.push(body.subarray(kept));
  return concat(pieces);
}

const FUSED_LENGTH = 3;
/** Second byte of f32x4.relaxed_madd and relaxed_nmadd, then those of f64x2; the third is 2. */
const FUSED = 0x85;

/** Whether a fused instruction begins here. build-kernels.ts checks that nothing else in the code looks like one. */
export function isFused(code: Uint8Array, at: number): boolean {
  const second = code[at + 1] ?? 0;
  return code[at] === SIMD && second >= FUSED && second < FUSED + 4 && code[at + 2] === 2;
}

/** a b c → a·b + c, or c − a·b. */
function separate(second: number, c: Uint8Array, product: Uint8Array): Uint8Array {
  const which = second - FUSED;
  const base = which < 2 ? 0xe4 : 0xf0; // add, and behind it sub and mul
  const add = [SIMD, base, 1];
  const subtract = [SIMD, base + 1, 1];
  const multiply = [SIMD, base + 2, 1];
  if (which % 2 === 0) return Uint8Array.from([LOCAL_SET, ...c, ...multiply, LOCAL_GET, ...c, ...add]);
  return Uint8Array.from([
    LOCAL_SET,
    ...c,
    ...multiply,
    LOCAL_SET,
    ...product,
    LOCAL_GET,
    ...c,
    LOCAL_GET,
    ...product,
    ...subtract,
  ]);
}

function sectionsOf(binary: Uint8Array): Section[] {
  const reader = new Reader(binary);
  reader.take(HEADER);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, contents: reader.take(reader.number()) });
  }
  return sections;
}

function joinSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const header = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const pieces = sections.flatMap(({ id, contents }) => [Uint8Array.of(id), leb(contents.length), contents]);
  return concat([header, ...pieces]);
}

/** A number as an unsigned LEB128. */
function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Uint8Array.from(bytes);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
