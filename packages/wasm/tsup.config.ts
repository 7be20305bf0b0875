import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm"],
  target: "es2022",
  dts: { entry: { index: "src/index.ts", worker: "src/worker.ts" } },
  sourcemap: true,
  clean: ["!kernels.wasm", "!worker.js", "!worker.js.map"], // written by build-kernels.ts, before this
  removeNodeProtocol: false,
  // One chunk, the kernels, under the same name in every build: none of an earlier one stays behind.
  esbuildOptions: (options) => void (options.chunkNames = "[name]"),
});
