import { readFileSync } from "node:fs";

/** This package's version, from the manifest, which lies above both `src` and `dist`. */
export function version(): string {
  return versionIn(new URL("../package.json", import.meta.url));
}

/** The version that a package.json names. */
export function versionIn(manifest: string | URL): string {
  const { version: named = "" } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version?: string };
  return named;
}
