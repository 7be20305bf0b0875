import process from "node:process";
import { chromium, type Page } from "playwright";
import { chromiumLaunch } from "../../../../tools/chromium.ts";
import type { AnyReply, Request } from "../protocol.ts";
import { answerLines } from "./answer-lines.ts";
import { bundlePage, SCRIPT } from "./page-bundle.ts";
import { type PageFiles, servePageFiles } from "./page-files.ts";
import type { PageScope } from "./page.ts";

// One contestant, by its module, in a page of a Chromium of its own: requests on standard input are handed on to the
// page, its replies go to standard output. Chromium ends when this process does, however that ends.

const [module = ""] = process.argv.slice(2);

interface Opened {
  readonly page: Page;
  readonly files: PageFiles;
  readonly browser: string;
}

async function open(): Promise<Opened> {
  const files = await servePageFiles(await bundlePage(module));
  const browser = await chromium.launch({ ...chromiumLaunch(), headless: true });
  const page = await browser.newPage();
  // What the page complains of is what the report says, should this process end.
  page.on("console", (message) => void process.stderr.write(`${message.text()}\n`));
  await page.goto(files.address);
  await page.evaluate(async (script) => void (await import(script)), SCRIPT);
  return { page, files, browser: `Chromium ${browser.version()}` };
}

async function handOn({ page, files, browser }: Opened, request: Request): Promise<AnyReply> {
  const reply = await replyOfPage(page, known(files, request));
  if ("facts" in reply) return { ...reply, facts: { ...reply.facts, browser } };
  if (request.do !== "outputs" || !("outputs" in reply)) return reply;
  const written = Object.entries(reply.outputs).map(([name, { length }]) => {
    return [name, { length, file: `${request.folder}/${name}.f32` }] as const;
  });
  return { ...reply, outputs: Object.fromEntries(written) };
}

/** A request with files as the page knows them. */
function known(files: PageFiles, request: Request): Request {
  if (request.do === "prepare") return { ...request, inputs: files.offer(request.inputs) };
  if (request.do === "outputs") return { ...request, folder: files.accept(request.folder) };
  return request;
}

async function replyOfPage(page: Page, request: Request): Promise<AnyReply> {
  return page.evaluate(async (asked) => {
    const { reply } = globalThis as PageScope;
    return reply === undefined ? { ok: false, error: "the page has lost its script" } : reply(asked);
  }, request);
}

const opening = open();
opening.catch(() => undefined); // told with the first answer
await answerLines(async (request) => handOn(await opening, request));
