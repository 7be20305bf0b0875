import { exp } from "./exp";
import { expm1, tanh } from "./expm1";
import { lanes } from "../lanes";
import { log, log1p, power } from "./log";

// Not part of the package: the functions over arrays, for functions.node.test.ts.

const EXP = 0;
const EXPM1 = 1;
const TANH = 2;
const LOG = 3;
const LOG1P = 4;
const SQUARE_ROOT = 5;

function map<T>(which: i32, from: usize, to: usize, count: i32): void {
  for (let i = 0; i < count; i += lanes<T>()) {
    const x = v128.load(from);
    let y = x;
    if (which == EXP) y = exp<T>(x);
    else if (which == EXPM1) y = expm1<T>(x);
    else if (which == TANH) y = tanh<T>(x);
    else if (which == LOG) y = log<T>(x);
    else if (which == LOG1P) y = log1p<T>(x);
    else if (which == SQUARE_ROOT) y = power<T>(x, 0.5);
    v128.store(to, y);
    from += 16;
    to += 16;
  }
}

export function map32(which: i32, from: usize, to: usize, count: i32): void {
  map<f32>(which, from, to, count);
}

export function map64(which: i32, from: usize, to: usize, count: i32): void {
  map<f64>(which, from, to, count);
}
