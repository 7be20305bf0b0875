import { wasm } from "@surprisal/wasm";
import type { Contestant } from "../contestant.ts";
import { onHostBackend } from "./core.ts";

/** This library on its wasm backend. */
export function coreWasm(threads: number, handedOver: boolean): Contestant {
  return onHostBackend("wasm", async () => wasm({ threads }), { threads, handedOver });
}
