import { describe, expect, test } from "vitest";
import { withoutRelaxed, withSharedMemory } from "./binary.ts";

// (module
//   (import "env" "memory" (memory 1 2))
//   (func (export "run") (param i32) (local i64) … the instruction at address 0, 16, 32 → 48))
// with one instruction after the other.

const LOAD = [0xfd, 0x00];
const STORE = [0xfd, 0x0b];
const CONST = 0x41;
const INSTRUCTIONS = {
  "f32x4.relaxed_madd": [0xfd, 0x85, 0x02],
  "f32x4.relaxed_nmadd": [0xfd, 0x86, 0x02],
  "f64x2.relaxed_madd": [0xfd, 0x87, 0x02],
  "f64x2.relaxed_nmadd": [0xfd, 0x88, 0x02],
} as const;

function moduleOf(instruction: readonly number[]): Uint8Array<ArrayBuffer> {
  const load = (address: number): number[] => [CONST, address, ...LOAD, 0, 0];
  const code = [CONST, 48, ...load(0), ...load(16), ...load(32), ...instruction, ...STORE, 0, 0, 0x0b];
  const body = [1, 2, 0x7e, ...code]; // two i64 locals
  const section = (id: number, contents: readonly number[]): number[] => [id, contents.length, ...contents];
  const text = (name: string): number[] => [name.length, ...new TextEncoder().encode(name)];
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 1, 0x7f, 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 1, 1, 2]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, body.length, ...body]),
  ]);
}

function run(binary: Uint8Array<ArrayBuffer>, values: readonly (readonly number[])[], shared = false): number[] {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const wide = values[0]?.length === 2;
  const numbers = wide ? new Float64Array(memory.buffer, 0, 8) : new Float32Array(memory.buffer, 0, 16);
  numbers.set(values.flat());
  (exports["run"] as (unused: number) => void)(0);
  return Array.from(numbers.slice(wide ? 6 : 12));
}

const cases = Object.entries(INSTRUCTIONS).map(([name, bytes]) => ({ name, bytes, wide: name.startsWith("f64") }));
const values = (wide: boolean): number[][] =>
  wide
    ? [
        [3, -0.5],
        [7, 4],
        [100, 1],
      ]
    : [
        [3, -0.5, 1, 2],
        [7, 4, 1e20, -2],
        [100, 1, -1, 0.25],
      ];

describe.each(cases)("$name", ({ name, bytes, wide }) => {
  const sign = name.includes("nmadd") ? -1 : 1;
  const [a = [], b = [], c = []] = values(wide);
  const expected = a.map((each, i) => sign * each * (b[i] ?? 0) + (c[i] ?? 0));

  test("becomes a product and a sum", () => {
    const plain = withoutRelaxed(moduleOf(bytes));
    expect(WebAssembly.validate(plain)).toBe(true);
    expect(Array.from(plain).join()).not.toContain(bytes.join());
    const rounded = wide ? expected : Array.from(Float32Array.from(expected));
    expect(run(plain, [a, b, c])).toEqual(rounded);
  });

  test("rounds twice without it", () => {
    const e = wide ? 2 ** -30 : 2 ** -13;
    const lanes = wide ? 2 : 4;
    const fill = (value: number): number[] => Array.from({ length: lanes }, () => value);
    // (1 + e)² − (1 + 2e) is e² if the product is not rounded first
    const given = [fill(1 + e), fill(1 + e), fill(-sign * (1 + 2 * e))];
    expect(run(withoutRelaxed(moduleOf(bytes)), given)).toEqual(fill(0));
  });
});

test("a module without such instructions keeps its meaning", () => {
  const add = [0x1a, 0xfd, 0xe4, 0x01]; // drop, f32x4.add
  expect(
    run(withoutRelaxed(moduleOf(add)), [
      [1, 2, 3, 4],
      [10, 20, 30, 40],
      [0, 0, 0, 0],
    ]),
  ).toEqual([11, 22, 33, 44]);
});

test("the memory can be made a shared one", () => {
  const add = [0x1a, 0xfd, 0xe4, 0x01];
  const shared = withSharedMemory(moduleOf(add));
  expect(
    run(
      shared,
      [
        [1, 2, 3, 4],
        [10, 20, 30, 40],
        [0, 0, 0, 0],
      ],
      true,
    ),
  ).toEqual([11, 22, 33, 44]);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const start = (): unknown => new WebAssembly.Instance(new WebAssembly.Module(shared), { env: { memory } });
  expect(start).toThrow(WebAssembly.LinkError);
});
