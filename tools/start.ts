import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { softwareGpu } from "./chromium.ts";

// The demo. On Linux without a GPU it is given one in software, so that the gpu backend can be seen at work, slow as it is there.

const hasGpu = process.platform !== "linux" || existsSync("/dev/dri") || existsSync("/dev/nvidia0");
const demo = fileURLToPath(new URL("../packages/cli/dist/bin.js", import.meta.url));
const { status } = spawnSync(process.execPath, [demo, "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
  env: hasGpu ? process.env : { ...process.env, ...softwareGpu() },
});
process.exitCode = status ?? 1;
