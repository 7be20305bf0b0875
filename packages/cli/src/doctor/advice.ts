import { isSurprisalError } from "@surprisal/core";

/** What to do so that a backend can be had, by the part that is missing. */
const WHERE_MISSING: Readonly<Record<string, readonly string[]>> = {
  webgpu: ["install the package webgpu beside @surprisal/cli: npm install --global webgpu"],
  adapter: [
    process.platform === "linux"
      ? "install the Vulkan driver of your GPU: its maker's own, or mesa-vulkan-drivers (Debian, Ubuntu) for AMD and Intel; `vulkaninfo --summary` lists what is there"
      : "update the driver of your GPU, or the system",
    "without a GPU take wasm",
  ],
  device: ["update the driver of your GPU", "close programs that take its memory"],
};

/** What to do about a backend that could not be made. */
export function adviceWhereMissing(error: unknown): readonly string[] {
  if (!isSurprisalError(error)) return [];
  const { missing, cause } = error.details;
  const advice = WHERE_MISSING[String(missing)] ?? [];
  // The package is there, but something it needs is not: a library of the system, a build for this processor.
  const broken = missing === "webgpu" && typeof cause === "string" && !/cannot find (?:package|module)/i.test(cause);
  return broken ? [`the package webgpu does not load: ${cause}`] : advice;
}

/** What to do about a backend that is there: to make it right, or faster. */
export function adviceWhereFound(facts: Readonly<Record<string, unknown>>, correct: boolean): readonly string[] {
  const advice: string[] = [];
  if (!correct) {
    advice.push(
      facts["name"] === "gpu"
        ? "do not use it: update the driver of your GPU, and until then take --backend wasm"
        : "do not use it, and please report this output: it computes wrongly",
    );
  }
  if (facts["software"] === true) {
    advice.push("its adapter is a program on processors, slower than wasm: for a real GPU install its driver");
  }
  if (facts["threadsMissing"] !== undefined) advice.push("some threads did not start: see `because` in --json");
  return advice;
}
