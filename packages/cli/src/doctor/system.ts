import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { version, versionIn } from "../version.ts";
import type { SystemFacts } from "./report.ts";

/** What runs here, and on what. */
export function systemFacts(): SystemFacts {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: process.platform,
    arch: process.arch,
    processor: cpus()[0]?.model.trim() ?? "",
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    packages: packageVersions(),
  };
}

/** Versions of this package and of those it computes with; `webgpu` is looked for where @surprisal/gpu would find it. */
function packageVersions(): Record<string, string> {
  const here = import.meta.url;
  const gpu = manifestOf("@surprisal/gpu", here);
  const manifests = {
    "@surprisal/core": manifestOf("@surprisal/core", here),
    "@surprisal/wasm": manifestOf("@surprisal/wasm", here),
    "@surprisal/gpu": gpu,
    webgpu: manifestOf("webgpu", gpu ?? here),
  };
  const versions = Object.entries(manifests).flatMap(([name, manifest]) =>
    manifest === undefined ? [] : [[name, versionIn(manifest)] as const],
  );
  return { "@surprisal/cli": version(), ...Object.fromEntries(versions) };
}

const NOT_TO_BE_SEEN: readonly unknown[] = ["MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"];

/** Where a package's manifest is, as code in `from` sees it; undefined where it is not installed. */
function manifestOf(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(`${name}/package.json`);
  } catch (error) {
    if (error instanceof Error && "code" in error && NOT_TO_BE_SEEN.includes(error.code)) return undefined;
    throw error;
  }
}
