import type { DeviceBuffer } from "@surprisal/core";
import type { Dispatch } from "../kernel.ts";
import { dispatch } from "./planner.ts";

/** Writes the last bytes of a buffer's contents, from byte `at` on: queues can write whole words only. */
export function tail(buffer: DeviceBuffer, at: number, bytes: Uint8Array): Dispatch {
  const word = new Uint32Array(1);
  new Uint8Array(word.buffer).set(bytes);
  const window = { at: Math.floor(at / 256) * 256, bytes: (at % 256) + 4 };
  return dispatch({
    shaders: ["tail"],
    integers: { at: (at - window.at) / 4, mask: 2 ** (8 * bytes.length) - 1, value: word[0] ?? 0 },
    given: { bindings: [{ name: "output", buffer, window, dtype: "atomics", access: "both" }], operands: {} },
    groups: 1,
  });
}
