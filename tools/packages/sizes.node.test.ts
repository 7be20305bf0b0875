import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

// What a page that imports something has to load: bundled from the built packages, minified and compressed. A ceiling is a little above
// what it is; who raises one says why.

/** The first bytes of Wasm in base64, its interface, a shader. */
const OTHERS = /AGFzbQ|WebAssembly|@compute/u;
const ENTRIES = [
  {
    name: "crossEntropy on cpu",
    code: `import { crossEntropy, tensor } from "@surprisal/core"; console.log(crossEntropy(tensor([[1, 2]]), tensor([1])).item());`,
    most: 14_200,
    alone: true,
  },
  { name: "core, whole", code: `import * as all from "@surprisal/core"; console.log(all);`, most: 27_300, alone: true },
  {
    name: "wasm, beside core",
    code: `import { wasm } from "@surprisal/wasm"; console.log(wasm);`,
    most: 53_200,
    alone: false,
  },
  {
    name: "gpu, beside core",
    code: `import { gpu } from "@surprisal/gpu"; console.log(gpu);`,
    most: 36_900,
    alone: false,
  },
] as const;

test.each(ENTRIES)("$name", async ({ code, most, alone }) => {
  const text = await bundled(code);
  const bytes = gzipSync(text).byteLength;
  expect(bytes).toBeLessThanOrEqual(most);
  expect(OTHERS.test(text)).toBe(!alone);
});

/** All that is loaded, one file after the other. */
async function bundled(code: string): Promise<string> {
  const entry = "\0entry";
  const result = await build({
    configFile: false,
    logLevel: "silent",
    root: import.meta.dirname,
    resolve: { conditions: ["module", "browser", "production"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? entry : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: { write: false, minify: true, modulePreload: false, rolldownOptions: { input: "entry" } },
  });
  const outputs = Array.isArray(result) ? result : [result];
  return outputs
    .flatMap((each) => ("output" in each ? each.output : []))
    .map((file) => (file.type === "chunk" ? file.code : ""))
    .join("\n");
}
