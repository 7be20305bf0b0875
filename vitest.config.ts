import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumLaunch, softwareGpu } from "./tools/chromium.ts";
import { jsonModules } from "./tools/json-modules.ts";

// Two lanes over the same sources: node, and a real Chromium. A file of tests that need Node is named `*.node.test.ts`,
// one that needs a browser `*.browser.test.ts`. A lane that cannot start fails the run.

// Tests in Node run in processes of their own, which find WebGPU on a Vulkan device in software, as those in Chromium do.
Object.assign(process.env, softwareGpu());

/** Packages are tested from their sources, not from what was last built. */
const conditions = ["@surprisal/source"];

export default defineConfig({
  resolve: { conditions: [...conditions, "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: [...conditions, "module", "node", "development|production"] } },
  test: {
    testTimeout: 60_000, // for what hangs; a slow machine is no failure
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          pool: "forks", // Dawn and threads of Node do not go together
          include: [
            "packages/*/src/**/*.test.ts",
            "apps/*/**/*.test.ts",
            "examples/*/src/**/*.test.ts",
            "tools/**/*.test.ts",
            "docs/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/*.browser.test.ts"],
        },
      },
      {
        extends: true,
        plugins: [jsonModules()],
        // Cross-origin isolation: without it a page has no SharedArrayBuffer.
        server: {
          headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
        },
        test: {
          name: "browser",
          include: [
            "packages/{core,wasm,gpu}/src/**/*.test.ts",
            "apps/conformance/src/**/*.test.ts",
            "tools/**/*.browser.test.ts",
          ],
          exclude: ["**/*.node.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: chromiumLaunch() }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
