import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", report: "src/report/index.ts" },
  format: ["esm"],
  target: "es2022",
  splitting: true, // each file of vectors is a chunk of its own
  removeNodeProtocol: false,
  dts: true,
  sourcemap: false, // of 3 MB of numbers
  clean: true,
});
