// A WebAssembly module, put together here: what this machine's memory gives to one thread of a JavaScript program.
//
//   (func (export "read") (param $p i32) (param $end i32) (result i64)   ;; the sum of all i64, 64 bytes a step
//     (local $a v128) (local $b v128) (local $c v128) (local $d v128)
//     (loop (local.set $a (i64x2.add (local.get $a) (v128.load offset=0 (local.get $p)))) …, $b at 16, $c at 32, $d at 48
//       (br_if 0 (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 64))) (local.get $end))))
//     …the lanes of $a + $b + $c + $d, added)
//   (func (export "copy") (param $to i32) (param $from i32) (param $bytes i32) (memory.copy …))

const [I32, I64, V128] = [0x7f, 0x7e, 0x7b];
const [GET, SET, TEE] = [0x20, 0x21, 0x22];
const LOAD = [0xfd, 0x00];
const ADD_I64X2 = [0xfd, 0xce, 0x01];
const EXTRACT_I64X2 = [0xfd, 0x1d];
const [I32_CONST, I32_ADD, I32_LESS, I64_ADD] = [0x41, 0x6a, 0x49, 0x7c];
const [LOOP, EMPTY, BRANCH_IF, END] = [0x03, 0x40, 0x0d, 0x0b];
const COPY = [0xfc, 0x0a, 0x00, 0x00];
const SIXTY_FOUR = [0xc0, 0x00]; // signed LEB128

const [P, LIMIT, A, B, C, D] = [0, 1, 2, 3, 4, 5];

const READ = [
  [0x01, 0x04, V128], // four locals
  [LOOP, EMPTY],
  accumulate(A, 0),
  accumulate(B, 16),
  accumulate(C, 32),
  accumulate(D, 48),
  [GET, P, I32_CONST, ...SIXTY_FOUR, I32_ADD, TEE, P, GET, LIMIT, I32_LESS, BRANCH_IF, 0x00, END],
  [GET, A, GET, B, ...ADD_I64X2, GET, C, ...ADD_I64X2, GET, D, ...ADD_I64X2, TEE, A],
  [...EXTRACT_I64X2, 0x00, GET, A, ...EXTRACT_I64X2, 0x01, I64_ADD, END],
].flat();

const MOVE = [0x00, GET, 0x00, GET, 0x01, GET, 0x02, ...COPY, END];

function accumulate(local: number, offset: number): number[] {
  return [GET, local, GET, P, ...LOAD, 0x00, offset, ...ADD_I64X2, SET, local];
}

function sized(bytes: readonly number[]): number[] {
  return [bytes.length, ...bytes]; // one byte: everything here is shorter than 128
}

function section(id: number, bytes: readonly number[]): number[] {
  const { length } = bytes;
  return [id, (length & 0x7f) | 0x80, length >> 7, ...bytes];
}

const MODULE: Uint8Array<ArrayBuffer> = Uint8Array.from(
  [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, [0x02, 0x60, 0x02, I32, I32, 0x01, I64, 0x60, 0x03, I32, I32, I32, 0x00]),
    section(2, [0x01, 0x01, 0x65, 0x01, 0x6d, 0x02, 0x00, 0x01]), // (import "e" "m" (memory 1))
    section(3, [0x02, 0x00, 0x01]),
    section(7, [0x02, ...sized(text("read")), 0x00, 0x00, ...sized(text("copy")), 0x00, 0x01]),
    section(10, [0x02, ...sized(READ), ...sized(MOVE)]),
  ].flat(),
);

function text(name: string): number[] {
  return Array.from(name, (letter) => letter.charCodeAt(0));
}

/** The two loops over a memory. Ends and sizes are multiples of 64. */
export interface Loops {
  /** The sum of the i64 in `[start, end)`. */
  read(start: number, end: number): bigint;
  copy(to: number, from: number, bytes: number): void;
}

/** The loops, for a memory. */
export function bandwidthLoops(memory: WebAssembly.Memory): Loops {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { e: { m: memory } });
  return exports as unknown as Loops;
}
