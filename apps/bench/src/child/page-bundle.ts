import { basename } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** What a page loads, by its path on the server. */
export type PageBundle = ReadonlyMap<string, Served>;

interface Served {
  readonly type: string;
  readonly contents: string | Uint8Array;
}

/** The path of the script that serves the contestant, to be imported in the page. */
export const SCRIPT = "/page.js";

const SOURCES = fileURLToPath(new URL("..", import.meta.url));
const HTML = '<!doctype html><title>Benchmark</title><link rel="icon" href="data:,">';
const CONDITION = "--conditions=";

/** A page with a contestant: a module below `src` that exports it as `contestant`, and all that it imports. */
export async function bundlePage(module: string): Promise<PageBundle> {
  const lines = [
    `import { contestant } from "./${module}";`,
    'import { serveInPage } from "./child/page.ts";',
    "serveInPage(contestant);",
  ];
  const { outputFiles } = await build({
    stdin: { contents: lines.join("\n"), resolveDir: SOURCES, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    conditions: conditions(),
    loader: { ".wasm": "file" },
    outdir: "/",
    publicPath: "/",
    entryNames: "page",
    write: false,
    logLevel: "silent",
  });
  const page = new Map<string, Served>([["/", { type: "text/html", contents: HTML }]]);
  for (const { path, contents } of outputFiles) {
    const type = path.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    page.set(`/${basename(path)}`, { type, contents });
  }
  return page;
}

/** Those of this process: packages as they are built, or from their sources in tests. */
function conditions(): string[] {
  return process.execArgv.filter((each) => each.startsWith(CONDITION)).map((each) => each.slice(CONDITION.length));
}
