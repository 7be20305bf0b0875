import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Puts wgsl/*.wgsl into a module, since not every runtime and bundler can import text. Comments and indentation are left out.

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

function shortened(text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/\s*\/\/.*$/u, "").trim());
  return lines.filter((line) => line !== "").join("\n");
}

const shaders = readdirSync("wgsl")
  .filter((name) => name.endsWith(".wgsl"))
  .map((name): [string, string] => [name.replace(/\.wgsl$/u, ""), shortened(readFileSync(`wgsl/${name}`, "utf8"))]);

mkdirSync("src/generated", { recursive: true });
writeFileSync(
  "src/generated/shaders.ts",
  [
    "// Written by build-shaders.ts.",
    "",
    "/** The files of wgsl/, by name. */",
    `export const SHADERS = ${JSON.stringify(Object.fromEntries(shaders), undefined, 2)} as const;`,
    "",
  ].join("\n"),
);
