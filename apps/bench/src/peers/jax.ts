import type { Contestant } from "../contestant.ts";
import { prepareOn } from "./jax-device.ts";
import { pinnedVersion } from "./pinned-version.ts";

/** @jax-js/jax on its wasm backend, which in Node has no threads: it starts them as a browser's workers. */
export const jax: Contestant = {
  name: "jax-js",
  describe: () => ({ version: pinnedVersion("@jax-js/jax"), backend: "wasm", threads: 1 }),
  prepare: async (data) => prepareOn("wasm", data),
};
