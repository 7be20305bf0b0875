import { type Import, importsOf, resolveRelative } from "./imports.ts";
import { isTest, packageOf, type Project, SOURCES, type Violation } from "./project.ts";

// Who may import whom (docs/architecture.md). core stands alone, backends see its contract, everything else sees all three.

interface Layer {
  /** Packages of this repository that it may import. */
  readonly imports: readonly string[];
  /** The only values that it may take from them; types are always fine. */
  readonly names?: readonly string[];
  /** Whether it may import what its package.json lists, and Node's modules. */
  readonly outside: boolean;
}

/** The values of core that a backend needs: the contract's three, the errors, what an element takes, and the tensor for memory that users bring. */
const CONTRACT = [
  "isHostBackend",
  "FILTER_CLASSES",
  "MASS_BYTES",
  "Tensor",
  "bytesOf",
  "BackendError",
  "DataError",
  "DisposedError",
  "DTypeError",
  "isSurprisalError",
  "OptionError",
  "ShapeError",
  "SurprisalError",
];

const CORE: Layer = { imports: [], outside: false };
const BACKEND: Layer = { imports: ["@surprisal/core"], names: CONTRACT, outside: false };
const USER: Layer = { imports: ["@surprisal/core", "@surprisal/wasm", "@surprisal/gpu"], outside: true };

const LAYERS: Readonly<Record<string, Layer>> = {
  "packages/core": CORE,
  "packages/wasm": BACKEND,
  "packages/gpu": BACKEND,
  "packages/cli": USER,
};

/** Optional peers: a module that a backend may take where there is one. */
const OPTIONAL_PEERS: Readonly<Record<string, readonly string[]>> = { "packages/gpu": ["webgpu"] };

/** Imports go down the layers only, and only to what a package exports. */
export function layers(project: Project): Violation[] {
  return project
    .paths(SOURCES)
    .filter((path) => !isTest(path))
    .flatMap((path) =>
      importsOf(project, path).flatMap((each) => {
        const message = complaint(project, path, each);
        return message === undefined ? [] : [{ path, line: each.line, rule: "layers", message }];
      }),
    );
}

function complaint(project: Project, path: string, { specifier, names }: Import): string | undefined {
  const home = packageOf(path);
  const layer = LAYERS[home] ?? (isProgram(home) ? USER : undefined);
  if (layer === undefined) return `${home} has no layer yet; give it one in tools/structure/layers.ts`;
  if (specifier.startsWith(".")) {
    const target = resolveRelative(path, specifier);
    if (packageOf(target) === home || (isProgram(home) && target.startsWith("tools/"))) return undefined;
    return `"${specifier}" is a file of another package; import that package by its name`;
  }
  if (specifier.startsWith("@surprisal/") && specifier.split("/").length > 2) {
    return `"${specifier}" is an inner file; import "${packageName(specifier)}" and, if need be, export the name there`;
  }
  if (layer.imports.includes(specifier)) {
    const foreign = names.filter((name) => layer.names !== undefined && !layer.names.includes(name));
    if (foreign.length === 0) return undefined;
    return `${home} may use core's contract, types and errors, not ${foreign.join(", ")}; compute from the plan instead`;
  }
  if (allowedOutside(project, home, layer, specifier)) return undefined;
  const allowed = layer.imports.length === 0 ? "nothing outside itself" : `only ${layer.imports.join(", ")}`;
  const hint = layer.outside ? " and what its package.json lists" : "";
  return `${home} imports ${allowed}${hint}; do without "${specifier}", or move this code to another package`;
}

/** Not published, and run from here. */
function isProgram(home: string): boolean {
  return /^(apps|examples)\//.test(home);
}

function allowedOutside(project: Project, home: string, layer: Layer, specifier: string): boolean {
  const name = packageName(specifier);
  if (OPTIONAL_PEERS[home]?.includes(name) === true) return true;
  if (!layer.outside || name.startsWith("@surprisal/")) return false;
  return specifier.startsWith("node:") || dependenciesOf(project, home).includes(name);
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

interface Manifest {
  readonly dependencies?: object;
  readonly peerDependencies?: object;
  readonly devDependencies?: object;
}

function dependenciesOf(project: Project, home: string): string[] {
  const manifest = JSON.parse(project.text(`${home}/package.json`) || "{}") as Manifest;
  // A program runs here, where its devDependencies are; what is published of one is judged as it is packed (tools/packages).
  const own = isProgram(home) ? manifest.devDependencies : {};
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...own });
}
