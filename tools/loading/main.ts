import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { chromiumLaunch } from "../chromium.ts";

// `pnpm loading`: whether the packages, as they would be published, load and compute in each runtime and through each bundler, with
// no configuration. Runtimes and bundlers come from npm, into a folder of their own; Linux on x64 only.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURE = fileURLToPath(new URL("fixture", import.meta.url));

/** What fixture/check.js gives. */
interface Result {
  readonly error: number;
  readonly simd: string;
  readonly threads: number;
  readonly because?: string;
  readonly failed?: string;
}

const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  "Node 20": ["node_modules/node20/bin/node", "runtime.js"],
  "Node 22": ["node_modules/node22/bin/node", "runtime.js"],
  "Node 24": ["node_modules/node24/bin/node", "runtime.js"],
  "Node 26": ["node_modules/node26/bin/node", "runtime.js"],
  Deno: ["node_modules/@deno/linux-x64-glibc/deno", "run", "--allow-read", "--allow-env", "--allow-sys", "runtime.js"],
  Bun: ["node_modules/@oven/bun-linux-x64/bin/bun", "runtime.js"],
};

const BUNDLERS: Readonly<Record<string, { readonly command: readonly string[]; readonly out: string }>> = {
  Vite: { command: ["node_modules/.bin/vite", "build", "--outDir", "vite", "--logLevel", "warn"], out: "vite" },
  webpack: {
    command: ["node_modules/.bin/webpack", "--mode", "production", "--entry", "./page.js", "--output-path", "webpack"],
    out: "webpack",
  },
  esbuild: {
    command: [
      "node_modules/.bin/esbuild",
      "page.js",
      "--bundle",
      "--format=esm",
      "--minify",
      "--log-level=warning",
      "--outfile=esbuild/main.js",
    ],
    out: "esbuild",
  },
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

const folder = mkdtempSync(join(tmpdir(), "surprisal-loading-"));
let failures = 0;
try {
  install();
  for (const [name, [command = "", ...args]] of Object.entries(RUNTIMES)) {
    report(name, inRuntime(command, args), 3);
  }
  const browser = await chromium.launch({ ...chromiumLaunch(), headless: true });
  try {
    for (const [name, { command, out }] of Object.entries(BUNDLERS)) {
      bundle(command, out);
      for (const isolated of [true, false]) {
        const page = await browser.newPage();
        report(`${name}, ${isolated ? "" : "not "}isolated`, await inPage(page, out, isolated), isolated ? 3 : 1);
        await page.close();
      }
    }
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

/** Packs the packages and installs them, with runtimes and bundlers. */
function install(): void {
  cpSync(FIXTURE, folder, { recursive: true });
  for (const name of ["core", "wasm"]) {
    pnpm(join(ROOT, "packages", name), "pack", "--pack-destination", folder);
    const packed = readdirSync(folder).find((file) => file.startsWith(`surprisal-${name}-`)) ?? "";
    renameSync(join(folder, packed), join(folder, `${name}.tgz`));
  }
  pnpm(folder, "install", "--no-frozen-lockfile", "--reporter=silent");
}

function pnpm(cwd: string, ...args: readonly string[]): void {
  execFileSync("npx", ["-y", "pnpm@12", ...args], { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

function inRuntime(command: string, args: readonly string[]): Result {
  const { status, stdout, stderr, error } = spawnSync(join(folder, command), args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0) return failed(`status ${status}: ${error === undefined ? stderr : String(error)}`);
  return JSON.parse(stdout) as Result;
}

function bundle([command = "", ...args]: readonly string[], out: string): void {
  execFileSync(join(folder, command), args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  const page = join(folder, out, "index.html");
  if (!existsSync(page)) writeFileSync(page, '<!doctype html><script type="module" src="main.js"></script>');
}

async function inPage(page: Page, out: string, isolated: boolean): Promise<Result> {
  const server = await serve(join(folder, out), isolated);
  try {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "result" in globalThis, undefined, { timeout: 20_000 });
    return await page.evaluate(() => (globalThis as unknown as { readonly result: Promise<Result> }).result);
  } catch (error) {
    return failed(String(error));
  } finally {
    server.close();
  }
}

async function serve(root: string, isolated: boolean): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(root, path === "/" ? "index.html" : path);
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return server;
}

function failed(reason: string): Result {
  return { error: NaN, simd: "", threads: 0, failed: reason };
}

function report(name: string, result: Result, threads: number): void {
  const good = result.failed === undefined && result.error < 1e-6 && result.threads === threads;
  if (!good) failures++;
  const told = result.failed ?? `${result.simd}, ${result.threads} threads, ${result.error.toExponential(1)} off`;
  process.stdout.write(
    `${good ? "✓" : "✕"} ${name.padEnd(24)} ${told}${result.because === undefined ? "" : ` (${result.because})`}\n`,
  );
}
