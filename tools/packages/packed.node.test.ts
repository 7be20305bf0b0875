import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { join, posix, resolve } from "node:path";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { fileList, packAll, type Packed } from "./packed.ts";

// The published packages, as pnpm packs them from what was built.

const packed = packAll("node_modules/.cache/packed-for-test");

/** Packages whose code an app bundles, and that must bring nothing along. */
const LIBRARIES = ["core", "gpu", "wasm"];

/** Packages that are run, not imported. */
const PROGRAMS = ["cli"];

/** Packages whose files have no source maps, and why. */
const UNMAPPED: Readonly<Record<string, string>> = {
  conformance: "its maps would hold 3 MB of numbers a second time, and it runs in tests, not in apps",
};

function readIn({ folder }: Packed, path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

test("five packages are published", () => {
  expect(packed.map(({ short }) => short)).toEqual(["cli", "conformance", "core", "gpu", "wasm"]);
});

describe.each(packed)("$short", (each) => {
  const { short, manifest, packedManifest, files, tarball } = each;
  const bytes = new Uint8Array(readFileSync(tarball));

  test(`has the files of docs/api/${short}.files.txt (if the change is meant: \`pnpm build && pnpm api\`)`, () => {
    expect(fileList(files)).toBe(readFileSync(`docs/api/${short}.files.txt`, "utf8"));
  });

  test("has nothing but what was built, its manifest, README and licence", () => {
    const foreign = files.filter(
      (path) =>
        !/^(?:dist\/[\w-]+\.(?:js|js\.map|d\.ts|wasm|css)|schema\/[\w-]+\.json|package\.json|README\.md|LICENSE)$/.test(
          path,
        ),
    );
    expect(foreign).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE"]));
    expect(readIn(each, "LICENSE")).toBe(readFileSync("LICENSE", "utf8"));
    expect(files.filter((path) => path.includes(".test.") || statSync(join(each.folder, path)).size === 0)).toEqual([]);
  });

  test("publint has nothing to say, not even a suggestion", async () => {
    const { messages } = await publint({ pack: { tarball: bytes.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, packedManifest) ?? message.code)).toEqual([]);
  });

  test("says the same as in the repository, but for what only the repository has", () => {
    expect(JSON.stringify(packedManifest)).not.toMatch(/workspace:|@surprisal\/source|"src\//);
    expect(packedManifest).toMatchObject({
      name: manifest.name,
      license: "MIT",
      type: "module",
      engines: { node: ">=20.19" },
    });
    expect(manifest.publishConfig).toMatchObject({ access: "public", provenance: true });
    const siblings = Object.entries(packedManifest.dependencies ?? {}).filter(([name]) =>
      name.startsWith("@surprisal/"),
    );
    expect(siblings.filter(([, range]) => range !== manifest.version)).toEqual([]);
  });

  test("depends on what it imports, and on nothing else", () => {
    const { dependencies = {}, peerDependencies = {} } = packedManifest;
    const code = files.filter((path) => /\.(?:js|d\.ts)$/.test(path));
    const imported = code.flatMap((path) => ts.preProcessFile(readIn(each, path)).importedFiles);
    const names = imported.map(({ fileName }) => fileName).filter((name) => !/^(?:\.|node:)/.test(name));
    const packages = names.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    const peers = packages.filter((name) => !(name in peerDependencies));
    expect([...new Set(peers)].toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });

  test("runs no script where it is installed", () => {
    const scripts = Object.keys(packedManifest.scripts ?? {});
    expect(scripts.filter((name) => /^(?:pre|post)?(?:install|prepare)$|^prepublish$/.test(name))).toEqual([]);
  });

  test("exports and starts files that are there", () => {
    const targets = Object.values(packedManifest.exports ?? {}).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const named = [...targets, ...Object.values(packedManifest.bin ?? {})].map((path) => posix.normalize(path));
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
    for (const path of Object.values(packedManifest.bin ?? {})) {
      expect(readIn(each, path)).toMatch(/^#!\/usr\/bin\/env node\n/);
      expect(statSync(join(each.folder, path)).mode & 0o111, "may be executed").toBe(0o111);
    }
  });
});

test.each(packed.filter(({ short }) => !(short in UNMAPPED)))(
  "every script of $short has a source map, with the sources in it",
  (each) => {
    const scripts = each.files.filter((path) => path.endsWith(".js"));
    expect(each.files.filter((path) => path.endsWith(".map"))).toEqual(scripts.map((path) => `${path}.map`));
    for (const path of scripts) expectMapped(each, path);
  },
);

test.each(packed.filter(({ short }) => !PROGRAMS.includes(short)))(
  "$short has types that are right wherever modules are ES modules",
  async ({ tarball }) => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)), {
      excludeEntrypoints: ["./kernels.wasm", "./package.json"], // no code
    });
    if (result.types === false) throw new Error("no types were found");
    expect(result.problems.filter(concernsModules)).toEqual([]);
  },
);

test("an app's types check, those of the packages among them, with the libs that core's README names", () => {
  const app = resolve("node_modules/.cache/packed-for-test/app");
  mkdirSync(join(app, "node_modules/@surprisal"), { recursive: true });
  for (const { short, folder } of packed) symlinkSync(resolve(folder), join(app, "node_modules/@surprisal", short));
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  writeFileSync(join(app, "app.ts"), APP);
  const options = {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    lib: LIBS,
    types: [],
    preserveSymlinks: true,
  };
  const program = ts.createProgram([join(app, "app.ts")], ts.convertCompilerOptionsFromJson(options, app).options);
  const errors = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(errors).toEqual([]);
  expect(readFileSync("packages/core/README.md", "utf8")).toContain(
    `"lib": [${LIBS.map((lib) => `"${lib}"`).join(", ")}]`,
  );
});

describe.each(packed.filter(({ short }) => LIBRARIES.includes(short)))("$short in an app", (each) => {
  const { packedManifest } = each;

  test("brings nothing along but core", () => {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packedManifest;
    expect(Object.keys(dependencies)).toEqual(each.short === "core" ? [] : ["@surprisal/core"]);
    expect(optionalDependencies).toEqual({});
    const needed = Object.keys(peerDependencies).filter(
      (name) => packedManifest.peerDependenciesMeta?.[name]?.optional !== true,
    );
    expect(needed).toEqual([]);
  });

  test("may be left out where nothing of it is used", () => {
    expect(packedManifest.sideEffects).toBe(false);
  });
});

/** What an app needs of TypeScript's own types. */
const LIBS = ["es2022", "esnext.disposable", "dom"];

/** Uses each package; what is no error in it has a type. */
const APP = `
import { choose, cpu, crossEntropy, tensor } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
import { fromGpuBuffer, gpu } from "@surprisal/gpu";
import { conformance } from "@surprisal/conformance";
import { htmlReport } from "@surprisal/conformance/report";
const { backend } = await choose([gpu, wasm, cpu]);
using logits = tensor([[1, 2]], { backend });
export const loss: number = await crossEntropy(logits, tensor([0], { dtype: "i64", backend })).item();
export const memory: Float32Array = tensor([1], { dtype: "f32" }).view();
// @ts-expect-error memory of a device cannot be seen
logits.view();
export const all = [conformance, htmlReport, fromGpuBuffer];
`;

/** ESM only: what a package says to `require` and to TypeScript's resolution of 2012 is that there is none. */
function concernsModules(problem: Problem): boolean {
  if ("resolutionKind" in problem)
    return problem.resolutionKind !== "node10" && problem.resolutionKind !== "node16-cjs";
  return true;
}

function expectMapped(packedPackage: Packed, path: string): void {
  const code = readIn(packedPackage, path);
  const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(code)?.[1];
  expect(url, path).toBe(`${posix.basename(path)}.map`);
  const payload = JSON.parse(readIn(packedPackage, `${path}.map`)) as SourceMapPayload;
  expect(payload.sourcesContent, path).toHaveLength(payload.sources.length);
  expect(payload.sourcesContent.filter((text) => typeof text !== "string" || text === "")).toEqual([]);
  const map = new SourceMap(payload);
  // Where a function or class begins, the source has its name on the line that the map leads to.
  for (const [line, text] of code.split("\n").entries()) {
    const [all = "", before = "", name = ""] = /^((?:export )?(?:async )?(?:function\*?|class) )(\w+)/.exec(text) ?? [];
    if (all === "") continue;
    const entry = map.findEntry(line, before.length);
    if (!("originalLine" in entry)) throw new Error(`${path}:${line + 1} is not mapped`);
    const source = payload.sourcesContent[payload.sources.indexOf(entry.originalSource)] ?? "";
    expect(source.split("\n")[entry.originalLine], `${path}:${line + 1}`).toContain(name.replace(/\d+$/, ""));
  }
}
