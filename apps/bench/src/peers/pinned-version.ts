import manifest from "../../package.json" with { type: "json" };

const { devDependencies }: { readonly devDependencies: Readonly<Record<string, string>> } = manifest;

/** The version of a package that this app's package.json asks for; for packages that do not say it themselves. */
export function pinnedVersion(name: string): string {
  return devDependencies[name] ?? "unknown";
}
