import { readFileSync } from "node:fs";

/** The version of a package that this app's package.json asks for; for packages that do not say it themselves. */
export function pinnedVersion(name: string): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { devDependencies } = JSON.parse(text) as { readonly devDependencies?: Readonly<Record<string, string>> };
  return devDependencies?.[name] ?? "unknown";
}
