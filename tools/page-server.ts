import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { jsonModules } from "./json-modules.ts";

/** Serves the repository's sources to a browser. */
export interface PageServer {
  /** An empty page that is cross-origin isolated: without that there is no SharedArrayBuffer. */
  readonly emptyPage: string;
  /** The address of a source file, relative to the repository's root, for `import()` in the page. */
  readonly urlOf: (path: string) => string;
  readonly close: () => Promise<void>;
}

/** Starts the server, on a port that is free. */
export async function startPageServer(): Promise<PageServer> {
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
  return {
    emptyPage: new URL("/empty.html", origin).href,
    urlOf: (path) => new URL(`/${path}`, origin).href,
    close: () => server.close(),
  };
}
