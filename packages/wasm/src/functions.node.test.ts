import { describe, expect, test } from "vitest";
import { compile } from "../build-kernels.ts";
import { withoutRelaxed } from "./binary.ts";

// The kernels' functions against JavaScript's in f64, over their whole range, in both builds. docs/numerics.md has the figures.

const { binary } = await compile("kernels/functions/testing.ts");
const BUILDS = { relaxed: binary as Uint8Array<ArrayBuffer>, simd: withoutRelaxed(binary) };
/** Every so manieth number of all that f32 has: a prime. */
const STEP = 401;
const COUNT = 1 << 16;
const FROM = 1 << 16;
const TO = FROM + COUNT * 8;

interface Fn {
  readonly number: number;
  readonly exact: (x: number) => number;
  /** Where it is asked for. */
  readonly takes: (x: number) => boolean;
  /** Units in the last place. */
  readonly f32: number;
  readonly f64: number;
}

const FUNCTIONS: Readonly<Record<string, Fn>> = {
  exp: { number: 0, exact: Math.exp, takes: (x) => !(x > 88), f32: 2.5, f64: 1.1 },
  expm1: { number: 1, exact: Math.expm1, takes: (x) => !(x > 0), f32: 1.1, f64: 2 },
  tanh: { number: 2, exact: Math.tanh, takes: () => true, f32: 2.5, f64: 3.5 },
  log: { number: 3, exact: Math.log, takes: (x) => !(x < 0), f32: 1, f64: 1.1 },
  log1p: { number: 4, exact: Math.log1p, takes: () => true, f32: 1.5, f64: 2 },
};

describe.each(Object.entries(BUILDS))("%s", (_, build) => {
  const memory = new WebAssembly.Memory({ initial: 200, maximum: 65_536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(build), { env: { memory } });
  type Map = (which: number, from: number, to: number, count: number) => void;
  const { map32, map64 } = exports as unknown as { readonly map32: Map; readonly map64: Map };

  test.each(Object.entries(FUNCTIONS))("%s of f32", (_name, { number, exact, takes, f32 }) => {
    const x = new Float32Array(memory.buffer, FROM, COUNT);
    const bits = new Uint32Array(memory.buffer, FROM, COUNT);
    const y = new Float32Array(memory.buffer, TO, COUNT);
    let worst = 0;
    for (let start = 0; start < 2 ** 32;) {
      let count = 0;
      for (; count < COUNT && start < 2 ** 32; start += STEP) {
        bits[count] = start;
        if (takes(x[count] as number)) count++;
      }
      map32(number, FROM, TO, (count + 3) & ~3);
      for (let i = 0; i < count; i++)
        worst = Math.max(worst, ulpsOff(y[i] as number, exact(x[i] as number), x[i] as number));
    }
    expect(worst).toBeLessThan(f32);
  });

  test.each(Object.entries(FUNCTIONS))("%s of f64", (_name, { number, exact, takes, f64 }) => {
    const x = new Float64Array(memory.buffer, FROM, COUNT);
    const bits = new BigUint64Array(memory.buffer, FROM, COUNT);
    const y = new Float64Array(memory.buffer, TO, COUNT);
    let worst = 0;
    // All exponents, with mantissas that a multiplicative generator spreads.
    let state = 1n;
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < COUNT; i++) {
        state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
        bits[i] = state;
        if (round % 2 === 1) x[i] = ((x[i] as number) % 1 || 0) * 700; // most exponents are beyond what is interesting
        if (!takes(x[i] as number)) x[i] = -(x[i] as number);
      }
      map64(number, FROM, TO, COUNT);
      for (let i = 0; i < COUNT; i++) worst = Math.max(worst, ulpsOff64(y[i] as number, exact(x[i] as number)));
    }
    expect(worst).toBeLessThan(f64);
  });

  test("special values of f32", () => {
    const x = new Float32Array(memory.buffer, FROM, 8);
    const y = new Float32Array(memory.buffer, TO, 8);
    const at = (which: number, ...values: number[]): number[] => {
      x.set(values);
      map32(which, FROM, TO, 8);
      return Array.from(y.subarray(0, values.length), (each) => each + 0); // −0 is as good as 0
    };
    expect(at(0, -Infinity, NaN, 0, -0, -1000, 88)).toEqual([0, NaN, 1, 1, 0, expect.closeTo(1.6516e38, -34)]);
    expect(at(1, -Infinity, NaN, 0, -0)).toEqual([-1, NaN, 0, 0]);
    expect(at(2, -Infinity, Infinity, NaN, 0, -0)).toEqual([-1, 1, NaN, 0, 0]);
    expect(at(3, 0, -0, 1, Infinity, NaN, -1)).toEqual([-Infinity, -Infinity, 0, Infinity, NaN, NaN]);
    expect(at(4, -1, 0, -0, Infinity, NaN, -2)).toEqual([-Infinity, 0, 0, Infinity, NaN, NaN]);
  });
});

/** Distance in units of f32's last place; infinite where one is NaN or infinite and the other is not the same. */
function ulpsOff(got: number, exact: number, x: number): number {
  if (Number.isNaN(exact) || Number.isNaN(got)) return Number.isNaN(exact) && Number.isNaN(got) ? 0 : Infinity;
  if (!Number.isFinite(Math.fround(exact)) || !Number.isFinite(got)) return got === Math.fround(exact) ? 0 : Infinity;
  const size = Math.abs(exact);
  if (size < 2 ** -126 && (got === 0 || got === x)) return 0; // flushed to zero, or f(x) = x
  return Math.abs(got - exact) / 2 ** (Math.max(-126, Math.floor(Math.log2(size))) - 23);
}

function ulpsOff64(got: number, exact: number): number {
  if (Object.is(got, exact) || (got === 0 && exact === 0)) return 0;
  if (!Number.isFinite(exact) || !Number.isFinite(got)) return Infinity;
  return Math.abs(got - exact) / 2 ** Math.max(-1074, Math.floor(Math.log2(Math.abs(exact))) - 52);
}
