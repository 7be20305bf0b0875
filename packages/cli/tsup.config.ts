import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/bin.ts"],
  format: ["esm"],
  target: "node20.19",
  splitting: true, // each command's work is a chunk of its own, loaded when the command runs
  removeNodeProtocol: false,
  dts: false,
  sourcemap: true,
  clean: true,
});
