import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer } from "vite";
import { chromiumLaunch } from "./chromium.ts";
import { jsonModules } from "./json-modules.ts";

/** A page of a real Chromium that serves the repository's sources. */
export interface BrowserPage {
  readonly page: Page;
  /** The address of a source file, relative to the repository's root, for `import()` in the page. */
  readonly urlOf: (path: string) => string;
  readonly version: string;
  readonly close: () => Promise<void>;
}

/** Opens an empty page that is cross-origin isolated: without that there is no SharedArrayBuffer. */
export async function openBrowserPage(): Promise<BrowserPage> {
  const server = await createServer({
    root: fileURLToPath(new URL("..", import.meta.url)),
    configFile: false,
    logLevel: "error",
    appType: "custom",
    plugins: [jsonModules()],
    resolve: { conditions: ["@surprisal/source", "module", "browser", "development|production"] },
    optimizeDeps: { noDiscovery: true },
    server: {
      host: "localhost",
      hmr: false,
      watch: null,
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    },
  });
  server.middlewares.use("/empty.html", (_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>Surprisal</title>");
  });
  await server.listen();
  const origin = server.resolvedUrls?.local[0] ?? "";
  const browser = await chromium.launch({ ...chromiumLaunch(), headless: true });
  const page = await browser.newPage();
  await page.goto(new URL("/empty.html", origin).href);
  return {
    page,
    urlOf: (path) => new URL(`/${path}`, origin).href,
    version: browser.version(),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
