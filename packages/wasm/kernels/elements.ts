import { BF16, BOOL, F16, F32, F64, I16, I32, I64, U8 } from "../src/codes";
import { decodeBf16, decodeF16, encodeHalf, narrowBf16, narrowF16, widenBf16, widenF16 } from "./half";
import { lanes, lower, upper } from "./lanes";

// Elements of any dtype as numbers of T, one by one and in runs.

/** Bytes of an element. */
export function bytesOf(dtype: i32): usize {
  if (dtype == F64 || dtype == I64) return 8;
  if (dtype == F32 || dtype == I32) return 4;
  return dtype == U8 || dtype == BOOL ? 1 : 2;
}

/** Whether elements of a dtype are numbers of T as they are. */
// @ts-ignore: decorator
@inline
export function isNative<T>(dtype: i32): bool {
  return sizeof<T>() == 4 ? dtype == F32 : dtype == F64;
}

/** One element as a number. */
export function read<T>(dtype: i32, from: usize): T {
  if (dtype == F32) return <T>load<f32>(from);
  if (dtype == I64) return <T>load<i64>(from);
  if (dtype == I32) return <T>load<i32>(from);
  if (dtype == F16) return <T>decodeF16(load<u16>(from));
  if (dtype == BF16) return <T>decodeBf16(load<u16>(from));
  if (dtype == F64) return <T>load<f64>(from);
  if (dtype == I16) return <T>load<i16>(from);
  return <T>load<u8>(from);
}

/** Writes a number as an element, rounded once. To integers as typed arrays do: toward zero, the low bits of what is too large. */
export function write<T>(dtype: i32, to: usize, value: T): void {
  if (dtype == F32) store<f32>(to, <f32>value);
  else if (dtype == F64) store<f64>(to, <f64>value);
  else if (dtype == F16) store<u16>(to, <u16>encodeHalf(<f64>value, 10, 15));
  else if (dtype == BF16) store<u16>(to, <u16>encodeHalf(<f64>value, 7, 127));
  else if (dtype == BOOL) store<u8>(to, value != 0 ? 1 : 0);
  else {
    const whole = <i64>(<f64>value); // saturates; NaN gives 0
    if (dtype == I64) store<i64>(to, whole);
    else if (dtype == I32) store<i32>(to, <i32>whole);
    else if (dtype == I16) store<i16>(to, <i16>whole);
    else store<u8>(to, <u8>whole);
  }
}

/** `count` elements, `step` bytes apart, to numbers of T, `toStep` bytes apart. */
export function readAll<T>(dtype: i32, from: usize, step: usize, to: usize, toStep: usize, count: i32): void {
  if (step == bytesOf(dtype) && toStep == sizeof<T>()) return readRun<T>(dtype, from, to, count);
  for (let i = 0; i < count; i++) {
    store<T>(to, read<T>(dtype, from));
    from += step;
    to += toStep;
  }
}

/** The other way round. */
export function writeAll<T>(dtype: i32, to: usize, step: usize, from: usize, fromStep: usize, count: i32): void {
  if (step == bytesOf(dtype) && fromStep == sizeof<T>()) return writeRun<T>(dtype, to, from, count);
  for (let i = 0; i < count; i++) {
    write<T>(dtype, to, load<T>(from));
    to += step;
    from += fromStep;
  }
}

/** Elements side by side. */
function readRun<T>(dtype: i32, from: usize, to: usize, count: i32): void {
  if (isNative<T>(dtype)) return memory.copy(to, from, <usize>count * sizeof<T>());
  let i = 0;
  if (sizeof<T>() == 4) {
    if (dtype == F16) for (; i + 4 <= count; i += 4) store4(to, i, widenF16(v128.load16x4_u(from + (<usize>i << 1))));
    if (dtype == BF16) for (; i + 4 <= count; i += 4) store4(to, i, widenBf16(v128.load16x4_u(from + (<usize>i << 1))));
  } else if (dtype == F32) {
    for (; i + 4 <= count; i += 4) {
      const x = v128.load(from + (<usize>i << 2));
      v128.store(to + (<usize>i << 3), lower(x));
      v128.store(to + (<usize>i << 3), upper(x), 16);
    }
  }
  const bytes = bytesOf(dtype);
  for (; i < count; i++) store<T>(to + <usize>i * sizeof<T>(), read<T>(dtype, from + <usize>i * bytes));
}

function writeRun<T>(dtype: i32, to: usize, from: usize, count: i32): void {
  if (isNative<T>(dtype)) return memory.copy(to, from, <usize>count * sizeof<T>());
  let i = 0;
  if (sizeof<T>() == 4) {
    if (dtype == F16) for (; i + 4 <= count; i += 4) storeHalves(to, i, narrowF16(v128.load(from + (<usize>i << 2))));
    if (dtype == BF16) for (; i + 4 <= count; i += 4) storeHalves(to, i, narrowBf16(v128.load(from + (<usize>i << 2))));
  } else if (dtype == F32) {
    for (; i + 2 <= count; i += 2) {
      v128.store64_lane(to + (<usize>i << 2), f32x4.demote_f64x2_zero(v128.load(from + (<usize>i << 3))), 0);
    }
  }
  const bytes = bytesOf(dtype);
  for (; i < count; i++) write<T>(dtype, to + <usize>i * bytes, load<T>(from + <usize>i * sizeof<T>()));
}

// @ts-ignore: decorator
@inline
function store4(to: usize, i: i32, x: v128): void {
  v128.store(to + (<usize>i << 2), x);
}

/** The low halves of four lanes. */
// @ts-ignore: decorator
@inline
function storeHalves(to: usize, i: i32, bits: v128): void {
  v128.store64_lane(to + (<usize>i << 1), v128.shuffle<i16>(bits, bits, 0, 2, 4, 6, 0, 2, 4, 6), 0);
}

/** Sets `count` numbers of T to one value. */
export function fill<T>(to: usize, value: T, count: i32): void {
  const all = v128.splat<T>(value);
  const end = to + <usize>count * sizeof<T>();
  for (; to + 16 <= end; to += 16) v128.store(to, all);
  for (; to < end; to += sizeof<T>()) store<T>(to, value);
}

/** Vectors that hold `count` numbers. */
// @ts-ignore: decorator
@inline
export function vectors<T>(count: i32): i32 {
  return (count + lanes<T>() - 1) / lanes<T>();
}
