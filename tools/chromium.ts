import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Tests run in a real Chromium that comes out of an npm package, so that a machine needs Node and nothing else.
// The package, @sparticuz/chromium, is made for cloud functions; three things about it have to be worked around:
// - it unpacks into the temporary folder and takes whatever Chromium lies there already, of whatever version: so each
//   version is unpacked into a folder of its own;
// - it unpacks the shared libraries that a bare machine lacks (NSS, NSPR, expat) only where it believes to run in a
//   cloud function: so it is told that it does;
// - importing it changes the environment of the process: so it is imported in a child process.

/** What a browser launch needs to know; the names are Playwright's. */
export interface ChromiumLaunch {
  readonly executablePath?: string;
  readonly channel?: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

const ARGS = [
  "--no-sandbox", // containers have no user namespaces, and the pages are our own
  // WebGPU on SwiftShader, a Vulkan device in software: the same on every machine
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  // no traffic but that of the tests
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * How to start Chromium for tests. The npm package serves Linux on x64; elsewhere an installed Chrome is taken.
 * `SURPRISAL_CHROMIUM` names another executable. A browser that cannot be had is an error: there is no lane without one.
 */
export function chromiumLaunch(): ChromiumLaunch {
  const environment = definedEntries(process.env);
  const chosen = process.env["SURPRISAL_CHROMIUM"];
  if (chosen !== undefined) return { executablePath: chosen, args: ARGS, env: environment };
  if (process.platform !== "linux" || process.arch !== "x64")
    return { channel: "chrome", args: ARGS, env: environment };
  const folder = unpackedChromium();
  const env = {
    ...environment,
    LD_LIBRARY_PATH: [folder, join(folder, "al2023", "lib"), ...libraryPath()].join(":"),
    VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
    FONTCONFIG_PATH: join(folder, "fonts"),
  };
  return { executablePath: join(folder, "chromium"), args: ARGS, env };
}

/**
 * What a process needs in its environment to find a Vulkan device in software, which comes with Chromium: Dawn in Node takes it for
 * its adapter. Elsewhere than on Linux on x64 nothing is needed, but a GPU.
 */
export function softwareGpu(): Record<string, string> {
  if (process.platform !== "linux" || process.arch !== "x64") return {};
  const folder = unpackedChromium();
  return {
    LD_LIBRARY_PATH: [folder, ...libraryPath()].join(":"),
    VK_ICD_FILENAMES: join(folder, "vk_swiftshader_icd.json"),
  };
}

/** The machine's own entries. An empty one would mean the current folder. */
function libraryPath(): string[] {
  return (process.env["LD_LIBRARY_PATH"] ?? "").split(":").filter((entry) => entry !== "");
}

/** The folder of this version's files, unpacked at first use (some seconds, about 210 MB). */
function unpackedChromium(): string {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "surprisal");
  const folder = join(cache, `chromium-${packageVersion()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Into a folder beside it first: a rename is all or nothing, also when two runs unpack at the same time.
  const partial = mkdtempSync(`${folder}.partial-`);
  try {
    const unpack = 'await (await import("@sparticuz/chromium")).default.executablePath()';
    execFileSync(process.execPath, ["--input-type=module", "--eval", unpack], {
      cwd: dirname(fileURLToPath(import.meta.url)), // where the package is found
      env: { ...process.env, TMPDIR: partial, AWS_LAMBDA_JS_RUNTIME: "nodejs24.x" },
    });
    if (!existsSync(join(partial, "chromium"))) throw new Error("@sparticuz/chromium unpacked no executable");
    if (!existsSync(folder)) renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

function packageVersion(): string {
  const entry = fileURLToPath(import.meta.resolve("@sparticuz/chromium"));
  const manifest: unknown = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error("@sparticuz/chromium has no version in its package.json");
}

function definedEntries(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
