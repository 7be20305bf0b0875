import type { DeviceBuffer } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch } from "./planner.ts";

/** Writes the last bytes of a buffer's contents into word `at`: queues can write whole words only. */
export function tail(buffer: DeviceBuffer, at: number, bytes: Uint8Array): Dispatch {
  const word = new Uint32Array(1);
  new Uint8Array(word.buffer).set(bytes);
  return dispatch({
    shaders: ["tail"],
    integers: { at, mask: 2 ** (8 * bytes.length) - 1, value: word[0] ?? 0 },
    given: { bindings: [{ name: "output", buffer, dtype: "atomics", access: "both" }], operands: {} },
    groups: 1,
  });
}
