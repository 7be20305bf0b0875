import type { Contestant } from "../contestant.ts";
import { prepareOn } from "./jax-device.ts";
import { pinnedVersion } from "./pinned-version.ts";

/** @jax-js/jax on its webgpu backend. */
export const contestant: Contestant = {
  name: "jax-js webgpu",
  describe: () => ({ version: pinnedVersion("@jax-js/jax"), backend: "webgpu" }),
  prepare: async (data) => prepareOn("webgpu", data),
};
