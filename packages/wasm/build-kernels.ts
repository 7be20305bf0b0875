import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";

// Compiles kernels/ to dist/kernels.wasm, and to the module that embeds it: src/generated/kernels.ts. One binary is enough: the build
// without relaxed instructions and the one with threads are made from it when it is loaded (src/binary.ts).

const here = import.meta.dirname;
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

/** The kernels' binary. @throws Error with the compiler's messages */
export async function compile(entry: string, options: readonly string[] = OPTIONS): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([entry, "--outFile=kernels.wasm", ...options], {
    writeFile(_name, contents) {
      binary = contents as Uint8Array;
    },
  });
  if (error !== null || binary === undefined) throw new Error(`kernels do not compile:\n${stderr.toString()}`);
  return binary;
}

if (import.meta.main) {
  process.chdir(here);
  const binary = await compile("kernels/index.ts");
  mkdirSync(resolve(here, "dist"), { recursive: true });
  mkdirSync(resolve(here, "src/generated"), { recursive: true });
  writeFileSync(resolve(here, "dist/kernels.wasm"), binary);
  const text = deflateRawSync(binary, { level: 9 }).toString("base64");
  const module = [
    "// Written by build-kernels.ts.\n",
    "/** dist/kernels.wasm, deflated (RFC 1951), in base64. */",
    `export const KERNELS: string =\n  "${text}";\n`,
  ];
  writeFileSync(resolve(here, "src/generated/kernels.ts"), module.join("\n"));
}
