import { bytesOf, readAll, writeAll } from "./elements";
import { CopyPlan } from "./records";
import { TILE, tile } from "./scratch";

/** Lines `first … end − 1` of any view to a dense tensor: a line is `inner` elements, number o·classes + c. */
export function copy(plan: CopyPlan, first: i32, end: i32): void {
  const input = plan.input;
  const output = plan.output;
  const fromBytes = bytesOf(input.dtype);
  const toBytes = bytesOf(output.dtype);
  const step = <usize>input.innerStep * fromBytes;
  for (let line = first; line < end; line++) {
    const o = line / plan.classes;
    const c = line - o * plan.classes;
    const from = input.pointer + <usize>(o * input.outerStep + c * input.classStep) * fromBytes;
    const to = output.pointer + <usize>line * <usize>plan.inner * toBytes;
    if (input.dtype == output.dtype) move(from, step, to, toBytes, plan.inner);
    else if (plan.width == 4) convert<f32>(plan, from, step, to, toBytes);
    else convert<f64>(plan, from, step, to, toBytes);
  }
}

/** Elements as they are: i64 too, which f64 does not hold. */
function move(from: usize, step: usize, to: usize, bytes: usize, count: i32): void {
  if (step == bytes) return memory.copy(to, from, <usize>count * bytes);
  for (let i = 0; i < count; i++) {
    if (bytes == 4) store<u32>(to, load<u32>(from));
    else if (bytes == 8) store<u64>(to, load<u64>(from));
    else if (bytes == 2) store<u16>(to, load<u16>(from));
    else store<u8>(to, load<u8>(from));
    from += step;
    to += bytes;
  }
}

function convert<T>(plan: CopyPlan, from: usize, step: usize, to: usize, bytes: usize): void {
  for (let i = 0; i < plan.inner; i += TILE) {
    const n = min(TILE, plan.inner - i);
    readAll<T>(plan.input.dtype, from + <usize>i * step, step, tile(0), sizeof<T>(), n);
    writeAll<T>(plan.output.dtype, to + <usize>i * bytes, bytes, tile(0), sizeof<T>(), n);
  }
}
