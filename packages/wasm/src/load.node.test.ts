import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { crossEntropy, type HostBackend, randint, randn } from "@surprisal/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { wasm } from "./wasm.ts";

// Where the kernels and the workers come from. Other runtimes and bundlers: tools/check-loading.ts.

const FILE = new URL("../dist/kernels.wasm", import.meta.url); // written by `pnpm generate`
const BYTES = readFileSync(FILE);

async function expectWorks(backend: HostBackend): Promise<void> {
  const logits = randn([40, 1000], { seed: 1, backend });
  const target = randint(0, 1000, [40], { seed: 2, backend });
  expect(await crossEntropy(logits, target).item()).toBeCloseTo(7.4, 0);
  backend.dispose();
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("kernels", () => {
  test.each([
    ["a file's URL", FILE],
    ["a file's URL as text", FILE.href],
    ["a view of its bytes", BYTES],
    ["its bytes", BYTES.buffer.slice(BYTES.byteOffset, BYTES.byteOffset + BYTES.length)],
  ])("are taken from %s", async (_, kernels) => {
    await expectWorks(await wasm({ kernels, threads: 1 }));
  });

  test("are fetched", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/kernels.wasm" ? 200 : 404;
      response.end(BYTES);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expectWorks(await wasm({ kernels: `${origin}/kernels.wasm` }));
    await expect(wasm({ kernels: `${origin}/other.wasm` })).rejects.toThrow(
      `wasm: the kernels could not be loaded from ${origin}/other.wasm: TypeError: status 404`,
    );
    server.close();
  });

  test.each([
    [new URL("../dist/absent.wasm", import.meta.url), "could not be loaded from file:"],
    [
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      "what came as kernels (8 bytes) is not kernels.wasm of this version",
    ],
  ])("that are not there, or are others, are refused", async (kernels, message) => {
    const loading = wasm({ kernels });
    await expect(loading).rejects.toMatchObject({ name: "BackendError", code: "backend-unavailable" });
    await expect(loading).rejects.toThrow(message);
  });
});

describe("an engine", () => {
  /** One that takes no binary for which this holds. */
  function withoutBinaries(refuses: (bytes: Uint8Array) => boolean): void {
    vi.spyOn(WebAssembly, "validate").mockImplementation((bytes) => !refuses(bytes as Uint8Array));
  }

  test("without relaxed SIMD gets other kernels, and says so", async () => {
    withoutBinaries((bytes) => bytes.length === BYTES.length); // without them they are longer
    const backend = await wasm({ threads: 1 });
    expect(backend.describe()).toMatchObject({ simd: "simd", notRelaxedBecause: "this engine has no relaxed SIMD" });
    await expectWorks(backend);
    await expect(wasm({ simd: "relaxed" })).rejects.toThrow("no relaxed SIMD");
  });

  test("without SIMD cannot have the backend", async () => {
    withoutBinaries(() => true);
    const loading = wasm();
    await expect(loading).rejects.toMatchObject({ code: "backend-unavailable" });
    await expect(loading).rejects.toThrow("this engine has no SIMD in WebAssembly");
  });

  test("without WebAssembly cannot either", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    await expect(wasm({ threads: 1 })).rejects.toThrow("there is no WebAssembly here");
  });

  test.each([
    ["SharedArrayBuffer", undefined],
    ["crossOriginIsolated", false],
  ])("whose %s is %j has one thread, and says why", async (name, value) => {
    vi.stubGlobal(name, value);
    const backend = await wasm({ threads: 4 });
    expect(backend.describe()).toMatchObject({
      threads: 1,
      oneThreadBecause: expect.stringContaining("not cross-origin isolated") as string,
    });
    vi.unstubAllGlobals();
    await expectWorks(backend);
  });

  test("grants less memory than all, if it has to", async () => {
    const { Memory } = WebAssembly;
    vi.spyOn(WebAssembly, "Memory").mockImplementation(function limited(descriptor) {
      if ((descriptor.maximum ?? 0) > 4096) throw new RangeError("could not allocate memory");
      return new Memory(descriptor);
    });
    const backend = await wasm({ threads: 2 });
    expect(backend.maxBufferBytes).toBe(4096 * 65_536);
    await expectWorks(backend);
  });
});

test("workers can be made by the caller", async () => {
  const file = new URL("../dist/worker.js", import.meta.url);
  let made = 0;
  const backend = await wasm({
    threads: 3,
    worker() {
      made++;
      return new Worker(file);
    },
  });
  expect(made).toBe(2);
  expect(backend.describe()).toMatchObject({ threads: 3 });
  await expectWorks(backend);
});
