import type { Contestant, Values } from "../contestant.ts";
import type { AnyReply, FileValues, Request } from "../protocol.ts";
import type { Place } from "./place.ts";
import { serve } from "./serve.ts";

// The contestant's end in a page of a browser: `main-in-browser.ts` hands requests on to `reply`, and serves the files.

/** What the page's script leaves in the page. */
export interface PageScope {
  reply?: (request: Request) => Promise<AnyReply>;
}

const PAGE: Place = { read, write };

/** Serves a contestant in this page. Nobody can tell what memory a page's calls need. */
export function serveInPage(contestant: Contestant): void {
  const describe: Contestant["describe"] = async () => {
    return { ...(await contestant.describe()), adapter: await adapterText() };
  };
  const server = serve({ ...contestant, describe }, PAGE);
  (globalThis as PageScope).reply = async (request) => server.reply(request);
}

/** The adapter that a page gets without asking for a particular one. */
async function adapterText(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("no adapter: no GPU that WebGPU can use");
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture, device, description].filter((each) => each !== "").join(" ");
  return isFallbackAdapter ? `${name}, in software` : name;
}

async function read({ dtype, shape, file }: FileValues): Promise<Values> {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file} could not be read: ${response.status}`);
  const bytes = await response.arrayBuffer();
  return { shape, values: dtype === "f32" ? new Float32Array(bytes) : new Int32Array(bytes) };
}

async function write(folder: string, name: string, values: Float32Array): Promise<string> {
  const file = `${folder}/${name}.f32`;
  const response = await fetch(file, { method: "PUT", body: values.slice() });
  if (!response.ok) throw new Error(`${file} could not be written: ${response.status}`);
  return file;
}
