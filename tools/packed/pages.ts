import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser } from "playwright";

interface Bundler {
  readonly command: readonly string[];
  /** Where it puts the page. */
  readonly out: string;
}

/** How each bundler makes a page of `page.js`, as its users would. */
export const BUNDLERS: Readonly<Record<string, Bundler>> = {
  Vite: { command: ["vite", "build", "--outDir", "vite", "--logLevel", "warn"], out: "vite" },
  webpack: {
    command: ["webpack", "--mode", "production", "--entry", "./page.js", "--output-path", "webpack"],
    out: "webpack",
  },
  esbuild: {
    command: [
      "esbuild",
      "page.js",
      "--bundle",
      "--format=esm",
      "--minify",
      "--log-level=warning",
      "--outfile=esbuild/main.js",
    ],
    out: "esbuild",
  },
  Rollup: {
    command: [
      "rollup",
      "page.js",
      "--format",
      "es",
      "--plugin",
      "node-resolve={browser:true}",
      "--dir",
      "rollup",
      "--entryFileNames",
      "main.js",
    ],
    out: "rollup",
  },
};

/** The page that judges backends. */
export const JUDGING: Bundler = {
  command: [
    "esbuild",
    "judge-page.js",
    "--bundle",
    "--splitting",
    "--format=esm",
    "--log-level=warning",
    "--outdir=judge",
    "--entry-names=main",
  ],
  out: "judge",
};

/** Bundles the page; its folder. */
export function bundle(project: string, { command: [program = "", ...args], out }: Bundler): string {
  execFileSync(join(project, "node_modules/.bin", program), args, {
    cwd: project,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const page = join(project, out, "index.html");
  if (!existsSync(page)) writeFileSync(page, '<!doctype html><script type="module" src="main.js"></script>');
  return join(project, out);
}

/** Calls a function that a page has made global. */
export async function inPage<Answer>(
  browser: Browser,
  { folder, isolated }: { readonly folder: string; readonly isolated: boolean },
  name: string,
  ...args: readonly unknown[]
): Promise<Answer> {
  const server = await serve(folder, isolated);
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction((wanted) => wanted in globalThis, name, { timeout: 20_000 });
    return await page.evaluate(
      async ([called, given]) => {
        const all = globalThis as unknown as Record<string, (...args: readonly unknown[]) => Promise<Answer>>;
        const answer = await all[called]?.(...given);
        if (answer === undefined) throw new TypeError("no answer");
        return answer;
      },
      [name, args] as const,
    );
  } finally {
    await page.close();
    server.close();
  }
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

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
