import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The fields of a package.json that are looked at. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
}

/** A package of this repository that is published. */
export interface Published {
  /** Its name without the scope. */
  readonly short: string;
  /** Where it is, relative to the root. */
  readonly home: string;
  readonly manifest: Manifest;
}

/** A published package as its users get it. */
export interface Packed extends Published {
  readonly tarball: string;
  /** Where the tarball was unpacked. */
  readonly folder: string;
  /** The manifest inside the tarball; `manifest` is the one in the repository. */
  readonly packedManifest: Manifest;
  /** Paths of the tarball's files, relative to `folder`, in order. */
  readonly files: readonly string[];
}

/** Every package that is published, in order of its name. */
export function publishedPackages(root = "."): Published[] {
  return globSync(["packages/*/package.json", "apps/*/package.json"], { cwd: root })
    .map((path) => ({ home: dirname(path), manifest: readManifest(join(root, path)) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ home, manifest }) => ({ home, manifest, short: manifest.name.replace("@surprisal/", "") }))
    .toSorted((a, b) => (a.short < b.short ? -1 : 1));
}

/** Reads a package.json. */
function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** Packs every published package into a folder, and unpacks it there. */
export function packAll(to: string, root = "."): Packed[] {
  const published = publishedPackages(root);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const filters = published.map(({ manifest }) => `--filter=${manifest.name}`);
  const answer = execFileSync(
    "npx",
    ["-y", "pnpm@12", "--recursive", ...filters, "pack", "--json", "--pack-destination", resolve(to)],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const tarballs = JSON.parse(answer) as { readonly name: string; readonly filename: string }[];
  return published.map((each) => {
    const tarball = tarballs.find(({ name }) => name === each.manifest.name)?.filename;
    if (tarball === undefined) throw new Error(`${each.manifest.name} was not packed`);
    const folder = join(to, each.short);
    mkdirSync(folder);
    execFileSync("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
    const files = globSync("**/*", { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .toSorted();
    return { ...each, tarball, folder, packedManifest: readManifest(join(folder, "package.json")), files };
  });
}

/** A package's files, one a line; names of chunks without the hash of what is in them. */
export function fileList(files: readonly string[]): string {
  const names = files.map((path) => path.replace(/-[A-Z0-9]{8}(?=\.(?:js|js\.map)$)|-[\w-]{8}(?=\.d\.ts$)/, "-*"));
  return `${[...new Set(names)].join("\n")}\n`;
}
