import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { createMemoryStream, main as compileAssemblyScript } from "assemblyscript/asc";
import { build } from "esbuild";
import { isFused } from "./src/binary.ts";
import { hashOf } from "./src/hash.ts";

// Compiles kernels/ to dist/kernels.wasm, bundles src/worker.ts to dist/worker.js, and writes src/generated/, which embeds both. One binary is enough: the build
// without relaxed instructions and the one with threads are made from it when it is loaded (src/binary.ts).

const HERE = fileURLToPath(new URL(".", import.meta.url));
const OPTIONS = [
  "--optimizeLevel=3",
  "--shrinkLevel=0",
  "--noAssert",
  "--noColors",
  "--runtime=stub",
  "--importMemory",
  "--initialMemory=1",
  "--maximumMemory=65536",
  "--enable=simd",
  "--enable=relaxed-simd",
  "--use=RELAXED=1",
];

/** The kernels, as binary and in the text format. @throws Error with the compiler's messages */
export async function compile(entry: string): Promise<{ binary: Uint8Array; text: string }> {
  const files: Record<string, Uint8Array | string> = {};
  const stderr = createMemoryStream();
  const { error } = await compileAssemblyScript(
    [entry, "--outFile=kernels.wasm", "--textFile=kernels.wat", ...OPTIONS],
    {
      stderr,
      readFile: (name) => (existsSync(HERE + name) ? readFileSync(HERE + name, "utf8") : null),
      writeFile: (name, contents) => void (files[name] = contents),
    },
  );
  const { "kernels.wasm": binary, "kernels.wat": text } = files;
  if (error === null && typeof binary === "object" && typeof text === "string") return { binary, text };
  throw new Error(`kernels do not compile:\n${stderr.toString()}`);
}

/** src/binary.ts finds fused instructions by their bytes: as many must be found as there are. */
function checkFused(binary: Uint8Array, text: string): void {
  const found = binary.filter((_, at) => isFused(binary, at)).length;
  const there = text.match(/\.relaxed_n?madd\b/g)?.length;
  if (found !== there) throw new Error(`${there} fused instructions, but ${found} byte sequences look like one`);
}

/** What runs in a worker, as a script of its own, and its source map. */
async function bundleWorker(): Promise<{ script: string; map: string }> {
  const { outputFiles } = await build({
    entryPoints: ["src/worker.ts"],
    outfile: "dist/worker.js", // what the map's paths are relative to
    sourcemap: "external",
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "neutral",
  });
  const textOf = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? "";
  return { script: textOf(".js"), map: textOf(".map") };
}

function generate(name: string, lines: readonly string[]): void {
  mkdirSync("src/generated", { recursive: true });
  writeFileSync(`src/generated/${name}.ts`, ["// Written by build-kernels.ts.", "", ...lines, ""].join("\n"));
}

if (import.meta.main) {
  process.chdir(HERE);
  const { binary, text } = await compile("kernels/index.ts");
  checkFused(binary, text);
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/kernels.wasm", binary);
  const packed = deflateRawSync(binary, { level: 9 }).toString("base64");
  const { script, map } = await bundleWorker();
  writeFileSync("dist/worker.js", `${script}//# sourceMappingURL=worker.js.map\n`);
  writeFileSync("dist/worker.js.map", map);
  generate("kernels", [
    "/** dist/kernels.wasm, deflated (RFC 1951), in base64. */",
    `export const KERNELS: string = "${packed}";`,
  ]);
  generate("hash", [
    "/** What tells dist/kernels.wasm from that of another version. */",
    `export const KERNELS_HASH = ${hashOf(binary)};`,
  ]);
  generate("worker", ["/** dist/worker.js. */", `export const WORKER: string = ${JSON.stringify(script)};`]);
}
