import { cpu } from "@surprisal/core";
import type { Contestant } from "../contestant.ts";
import { onHostBackend } from "./core.ts";

/** This library on its cpu backend. */
export const coreCpu: Contestant = onHostBackend("cpu", () => cpu());
