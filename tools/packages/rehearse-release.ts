import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { packAll, type Packed, publishedPackages } from "./packed.ts";

// `pnpm release:check`: a release as docs/releasing.md describes it, in a copy of the repository, and without its last step. Nothing is
// committed or published. Tarballs and their lists of components (SBOM) are left in reports/release.

const OUT = "reports/release";

/** What must hold, or the rehearsal ends with what did not. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`release: ${what}`);
}

function run(cwd: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function pnpm(cwd: string, ...args: readonly string[]): string {
  return run(cwd, "npx", "-y", "pnpm@12", ...args);
}

/** Everything of packages that a release reads: what is tracked at the top, manifests, and what was built. */
function copyTo(root: string): void {
  const tracked = run(".", "git", "ls-files", "*.json", "*.yaml", "*.md", ".changeset", "LICENSE").trim().split("\n");
  for (const path of tracked.filter((each) => existsSync(each))) cpSync(path, join(root, path));
  for (const { home } of publishedPackages()) {
    must(existsSync(join(home, "dist")), `${home} is not built: pnpm build`);
    cpSync(join(home, "dist"), join(root, home, "dist"), { recursive: true });
  }
  mkdirSync(join(root, "node_modules"));
  symlinkSync(resolve("node_modules/@changesets"), join(root, "node_modules/@changesets"));
  // changesets asks git which commit brought each change
  run(root, "git", "init", "-q", "-b", "main");
  writeFileSync(join(root, ".git/info/exclude"), "node_modules\ndist\n");
  run(root, "git", "add", "-A");
  run(root, "git", "-c", "user.name=release", "-c", "user.email=release@localhost", "commit", "-q", "-m", "rehearsal");
}

/** `changeset version`, and what it must have done. Gives the new version. */
function raiseVersions(root: string): string {
  const before = publishedPackages(root).map(({ manifest }) => manifest.version);
  const changes = readdirSync(join(root, ".changeset")).filter((name) => name.endsWith(".md") && name !== "README.md");
  must(changes.length > 0, "there is no changeset, so nothing to release");
  const texts = new Map(changes.map((name) => [name, readFileSync(join(root, ".changeset", name), "utf8")]));
  run(root, "npx", "-y", "-p", "pnpm@12", "node", "node_modules/@changesets/cli/bin.js", "version"); // which asks pnpm its version

  const after = publishedPackages(root);
  const versions = [...new Set(after.map(({ manifest }) => manifest.version))];
  const [version = ""] = versions;
  must(versions.length === 1, `packages go together, but their versions are ${versions.join(", ")}`);
  must(/^\d+\.\d+\.\d+$/.test(version) && !before.includes(version), `${version} is no new version`);
  must(
    changes.every((name) => !existsSync(join(root, ".changeset", name))),
    "changesets are still there",
  );
  for (const { home, manifest, short } of after) {
    const log = readFileSync(join(root, home, "CHANGELOG.md"), "utf8");
    must(log.includes(`## ${version}`), `${home}/CHANGELOG.md does not name ${version}`);
    for (const [name, text] of texts) {
      if (!text.includes(`"${manifest.name}":`)) continue;
      const said = text.split("---\n")[2]?.trim().split("\n")[0] ?? "";
      must(log.includes(said), `${home}/CHANGELOG.md does not say what ${name} says`);
    }
    const siblings = Object.entries({ ...manifest.dependencies }).filter(([name]) => name.startsWith("@surprisal/"));
    must(
      siblings.every(([, range]) => range.startsWith("workspace:")),
      `${short} lost the workspace: of its siblings`,
    );
  }
  return version;
}

/** The tarballs of the new version: they depend on each other by exactly that, and have no trace of the workspace. */
function checkTarballs(packed: readonly Packed[], version: string): void {
  for (const { short, packedManifest } of packed) {
    must(packedManifest.version === version, `${short} was packed as ${packedManifest.version}`);
    must(!JSON.stringify(packedManifest).includes("workspace:"), `${short} was packed with workspace:`);
    for (const [name, range] of Object.entries({ ...packedManifest.dependencies })) {
      if (name.startsWith("@surprisal/"))
        must(range === version, `${short} depends on ${name} ${range}, not ${version}`);
    }
  }
}

/** Installs all tarballs in an empty project, and uses what is there. */
function installAndUse(packed: readonly Packed[], version: string, folder: string): void {
  mkdirSync(folder);
  const files = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies: files }));
  const overrides = Object.entries(files).map(([name, file]) => `  "${name}": "${file}"\n`);
  writeFileSync(join(folder, "pnpm-workspace.yaml"), `overrides:\n${overrides.join("")}`);
  pnpm(folder, "install", "--no-frozen-lockfile", "--prefer-offline", "--reporter=silent");
  writeFileSync(join(folder, "use.js"), USE);
  const { loss, failed } = JSON.parse(run(folder, process.execPath, "use.js")) as { loss: number[]; failed: number };
  must(
    loss.every((each) => Math.abs(each - 0.487_839_485) < 1e-6),
    `what was installed computes ${loss.join(", ")}`,
  );
  must(failed === 0, `${failed} cases of conformance fail`);
  const bin = join(folder, "node_modules/.bin/surprisal");
  must(run(folder, bin, "--version").trim() === version, "surprisal --version says another version");
  must(
    run(folder, bin, "doctor", "--backend", "wasm").includes(`@surprisal/wasm ${version}`),
    "doctor sees another version",
  );
}

/** What a user writes first. */
const USE = `
import { cpu, crossEntropy, tensor } from "@surprisal/core";
import { wasm } from "@surprisal/wasm";
import { conformance } from "@surprisal/conformance";
import "@surprisal/gpu";
const loss = [];
for (const backend of [cpu(), await wasm()]) {
  const logits = tensor([[0.8, 0.2], [0.3, 0.7], [0.7, 0.3]], { backend });
  loss.push(await crossEntropy(logits, tensor([0, 1, 0], { dtype: "i64", backend })).item());
  backend.dispose();
}
const { totals } = await conformance({ name: "wasm", create: () => wasm(), address: "softmax", every: 20 });
console.log(JSON.stringify({ loss, failed: totals.failed + (totals.passed > 0 ? 0 : 1) }));
`;

interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly purl: string } };
  readonly components: readonly { readonly purl: string }[];
}

/** A list of components (CycloneDX) for each package, beside its tarball. */
function writeBoms(root: string, packed: readonly Packed[], version: string): void {
  const filters = packed.map(({ manifest }) => `--filter=${manifest.name}`);
  pnpm(
    root,
    "sbom",
    "--sbom-format",
    "cyclonedx",
    "--prod",
    "--lockfile-only",
    "--split",
    ...filters,
    "--out",
    resolve(OUT, "%s.cdx.json"),
  );
  for (const { short, manifest, tarball } of packed) {
    cpSync(tarball, join(OUT, basename(tarball)));
    const bom = JSON.parse(readFileSync(join(OUT, `surprisal-${short}.cdx.json`), "utf8")) as Bom;
    must(bom.bomFormat === "CycloneDX", `the SBOM of ${short} is no CycloneDX`);
    must(bom.metadata.component.purl.endsWith(`${short}@${version}`), `the SBOM of ${short} is of another version`);
    const listed = bom.components.map(({ purl }) => decodeURIComponent(purl));
    const direct = Object.keys({ ...manifest.dependencies });
    const missing = direct.filter((name) => !listed.some((purl) => purl.startsWith(`pkg:npm/${name}@`)));
    must(missing.length === 0, `the SBOM of ${short} leaves out ${missing.join(", ")}`);
    must(
      direct.length > 0 || listed.length === 0,
      `${short} has no dependencies, but its SBOM lists ${listed.join(", ")}`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), "surprisal-release-"));
try {
  const root = join(folder, "repository");
  mkdirSync(root);
  copyTo(root);
  const version = raiseVersions(root);
  const packed = packAll(join(folder, "packed"), root);
  checkTarballs(packed, version);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writeBoms(root, packed, version);
  installAndUse(packed, version, join(folder, "project"));
  const names = packed.map(({ manifest }) => manifest.name).join(", ");
  console.log(`${names} ${version}: versions, changelogs, tarballs and SBOMs are right; installed, they compute`);
  console.log(`${OUT}: ${readdirSync(OUT).length} files, none of them published`);
} finally {
  rmSync(folder, { recursive: true });
}
