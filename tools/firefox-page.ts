import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { launch, type Page } from "puppeteer-core";
import { softwareGpu } from "./chromium.ts";
import { startPageServer } from "./page-server.ts";

// Firefox as it is installed, driven by WebDriver BiDi: Playwright drives only a Firefox of its own making, which is not on npm.

/** A page of a real Firefox that serves the repository's sources. */
export interface FirefoxPage {
  readonly page: Page;
  readonly urlOf: (path: string) => string;
  readonly version: string;
  readonly close: () => Promise<void>;
}

const NAMES = ["firefox-esr", "firefox"];

/** Milliseconds that an answer of the page may take: that of a lane's judgement takes minutes. */
const LIMIT = 3_600_000;
/** Milliseconds for starting, on a machine that is busy. */
const START = 120_000;

/** @throws Error where there is no Firefox */
function executable(): string {
  const chosen = process.env["SURPRISAL_FIREFOX"];
  if (chosen !== undefined) return chosen;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error("no Firefox: install the package firefox-esr, or name a Firefox by SURPRISAL_FIREFOX");
}

/** Opens an empty page that is cross-origin isolated, with WebGPU on a Vulkan device in software. */
export async function openFirefoxPage(): Promise<FirefoxPage> {
  const executablePath = executable();
  const { emptyPage, urlOf, close } = await startPageServer();
  const browser = await launch({
    browser: "firefox",
    executablePath,
    headless: true,
    protocolTimeout: LIMIT,
    timeout: START,
    env: { ...process.env, ...softwareGpu() },
    extraPrefsFirefox: { "dom.webgpu.enabled": true, "gfx.webgpu.ignore-blocklist": true },
  });
  const page = await browser.newPage();
  await page.goto(emptyPage, { timeout: START });
  return {
    page,
    urlOf,
    version: (await browser.version()).replace("firefox/", ""),
    async close() {
      await browser.close();
      await close();
    },
  };
}
