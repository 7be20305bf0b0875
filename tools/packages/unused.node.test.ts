import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

// No file, export or dependency that nothing uses, and none that is used but not listed: what is left out of that is in knip.jsonc, and an
// exception that is needed no more is a failure as well.

test("knip finds nothing", () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["node_modules/knip/bin/knip.js", "--no-progress", "--treat-config-hints-as-errors"],
    { encoding: "utf8" },
  );
  expect(stdout + stderr).toBe("");
  expect(status).toBe(0);
});
