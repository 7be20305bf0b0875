import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { softwareGpu } from "../../tools/chromium.ts";

// The example. On Linux without a GPU it is given one in software, so that all three backends are seen at work.

const hasGpu = process.platform !== "linux" || existsSync("/dev/dri") || existsSync("/dev/nvidia0");
const { status } = spawnSync(process.execPath, [fileURLToPath(new URL("src/main.ts", import.meta.url))], {
  stdio: "inherit",
  env: hasGpu ? process.env : { ...process.env, ...softwareGpu() },
});
process.exitCode = status ?? 1;
