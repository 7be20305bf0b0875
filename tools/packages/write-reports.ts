import { mkdirSync, writeFileSync } from "node:fs";
import { apiReports } from "./api.ts";
import { fileList, packAll } from "./packed.ts";

// `pnpm api`: writes what is under review of every package: its public names with their signatures, and the files of its tarball. From
// what was built last.

mkdirSync("docs/api", { recursive: true });
for (const { path, text } of apiReports()) writeFileSync(path, text);
for (const { short, files } of packAll("node_modules/.cache/packed")) {
  writeFileSync(`docs/api/${short}.files.txt`, fileList(files));
}
