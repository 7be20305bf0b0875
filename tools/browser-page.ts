import { chromium, type Page } from "playwright";
import { chromiumLaunch } from "./chromium.ts";
import { startPageServer } from "./page-server.ts";

/** A page of a real Chromium that serves the repository's sources. */
export interface BrowserPage {
  readonly page: Page;
  /** The address of a source file, relative to the repository's root, for `import()` in the page. */
  readonly urlOf: (path: string) => string;
  readonly version: string;
  readonly close: () => Promise<void>;
}

/** Opens an empty page that is cross-origin isolated: without that there is no SharedArrayBuffer. */
export async function openBrowserPage(): Promise<BrowserPage> {
  const { emptyPage, urlOf, close } = await startPageServer();
  const browser = await chromium.launch({ ...chromiumLaunch(), headless: true });
  const page = await browser.newPage();
  await page.goto(emptyPage);
  return {
    page,
    urlOf,
    version: browser.version(),
    async close() {
      await browser.close();
      await close();
    },
  };
}
