import { createReadStream, createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FileValues } from "../protocol.ts";
import type { PageBundle } from "./page-bundle.ts";

// What a page needs from its process: the script, and files, which it knows by addresses of this server alone.

const INPUTS = "/inputs/";
const OUTPUTS = "/outputs";

/** Serves a page and its files. */
export interface PageFiles {
  readonly address: string;
  /** Lets the page read these inputs, and nothing else; gives them with the addresses that the page knows them by. */
  offer(inputs: Readonly<Record<string, FileValues>>): Record<string, FileValues>;
  /** Lets the page write outputs into this folder; gives the address of the folder. */
  accept(folder: string): string;
}

interface Shared {
  readonly bundle: PageBundle;
  readonly inputs: Map<string, string>;
  folder: string | undefined;
}

/** Starts a server for this machine alone, on a port that is free. */
export async function servePageFiles(bundle: PageBundle): Promise<PageFiles> {
  const shared: Shared = { bundle, inputs: new Map(), folder: undefined };
  const server = createServer((request, response) => {
    respond(request, response, shared).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => void server.listen(0, "localhost", resolve));
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}/`,
    offer(inputs) {
      shared.inputs.clear();
      const offered = Object.entries(inputs).map(([name, input]): [string, FileValues] => {
        const address = INPUTS + basename(input.file);
        shared.inputs.set(address, input.file);
        return [name, { ...input, file: address }];
      });
      return Object.fromEntries(offered);
    },
    accept(folder) {
      shared.folder = folder;
      return OUTPUTS;
    },
  };
}

/** Cross-origin isolated, for the finest clock that a page can have, and for threads. */
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cache-Control": "no-store",
};

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { bundle, inputs, folder }: Shared,
): Promise<void> {
  const path = request.url ?? "/";
  if (request.method === "PUT" && folder !== undefined && path.startsWith(OUTPUTS)) {
    await pipeline(request, createWriteStream(join(folder, basename(path))));
    response.writeHead(204, HEADERS).end();
    return;
  }
  const input = inputs.get(path);
  if (input !== undefined) {
    response.writeHead(200, HEADERS);
    await pipeline(createReadStream(input), response);
    return;
  }
  const found = bundle.get(path);
  if (found === undefined) response.writeHead(404, HEADERS).end();
  else response.writeHead(200, { ...HEADERS, "Content-Type": found.type }).end(found.contents);
}
