import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { errorText } from "../text.ts";

/** What a user of a package ships, in bytes. */
export interface BundleSize {
  readonly minified: number;
  readonly gzip: number;
}

/** The size of a module with all that it imports, minified for browsers by esbuild, and why there is none. */
export async function bundleSize(source: string): Promise<BundleSize | { readonly problem: string }> {
  try {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: fileURLToPath(new URL("..", import.meta.url)), loader: "ts" },
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      write: false,
      logLevel: "silent",
    });
    const contents = outputFiles[0]?.contents ?? new Uint8Array();
    return { minified: contents.length, gzip: gzipSync(contents, { level: 9 }).length };
  } catch (error) {
    return { problem: errorText(error) };
  }
}
