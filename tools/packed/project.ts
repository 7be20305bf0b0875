import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packAll } from "../packages/packed.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FIXTURE = fileURLToPath(new URL("fixture", import.meta.url));

/** An empty project outside the repository, with the packages as they would be published, runtimes and bundlers; its folder. */
export function installPacked(): string {
  const folder = mkdtempSync(join(tmpdir(), "surprisal-packed-"));
  cpSync(FIXTURE, folder, { recursive: true });
  for (const { short, tarball } of packAll(join(folder, "tarballs"), ROOT)) {
    copyFileSync(tarball, join(folder, `${short}.tgz`));
  }
  execFileSync("npx", ["-y", "pnpm@12", "install", "--no-frozen-lockfile", "--reporter=silent"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return folder;
}
