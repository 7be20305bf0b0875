import { gpu } from "@surprisal/gpu";
import type { Contestant } from "../contestant.ts";
import { onDeviceBackend } from "./core-device.ts";

/** This library on its gpu backend. */
export const contestant: Contestant = onDeviceBackend("gpu", gpu);
