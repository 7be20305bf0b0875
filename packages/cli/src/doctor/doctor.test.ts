import { type Backend, BackendError, cpu } from "@surprisal/core";
import { describe, expect, it } from "vitest";
import { type BackendEntry, BACKENDS } from "../backends.ts";
import { CliError, EXIT } from "../exit.ts";
import { Captured, plainLines, run } from "../testing/io.ts";
import { examine } from "./examine.ts";
import { type Known, KNOWN } from "./known.ts";
import type { BackendReport, DoctorReport } from "./report.ts";
import { type DoctorOptions, runDoctor } from "./run.ts";

const CPU: BackendEntry = { name: "cpu", create: () => Promise.resolve(cpu()) };

/** A cpu backend whose memory is not seen, so that all results come through `read`, which may be tampered with. */
function device(own: Partial<Backend> = {}): Backend {
  const inner = cpu();
  return {
    name: "device",
    maxBufferBytes: inner.maxBufferBytes,
    alloc: (bytes) => inner.alloc(bytes),
    free: (buffer) => inner.free(buffer),
    write: (buffer, bytes) => inner.write(buffer, bytes),
    read: (buffer, start, end) => inner.read(buffer, start, end),
    refuses: (plan) => inner.refuses(plan),
    run: (plans) => inner.run(plans),
    describe: () => ({ name: "gpu" }),
    dispose: () => inner.dispose(),
    ...own,
  };
}

function entryOf(backend: Backend, name: string = "gpu"): BackendEntry {
  return { name, create: () => Promise.resolve(backend) };
}

function absent(details: Readonly<Record<string, unknown>>): BackendEntry {
  return {
    name: "gpu",
    create: () => Promise.reject(new BackendError("backend-unavailable", "it is not there", details)),
  };
}

/** Everything that is read is larger by this factor. */
function scaled(factor: number): Backend {
  const inner = cpu();
  return device({
    read: async (buffer, start, end) => {
      const values = new Float32Array(await inner.read(buffer, start, end));
      return values.map((value) => value * factor).buffer;
    },
  });
}

async function examined(entry: BackendEntry): Promise<BackendReport & { available: true }> {
  const report = await examine(entry);
  if (!report.available) throw new Error(report.reason);
  return report;
}

async function doctor(options: DoctorOptions, entries: readonly BackendEntry[], checks: readonly Known[] = KNOWN) {
  const [stdout, stderr] = [new Captured(), new Captured()];
  const thrown = await runDoctor(options, { stdout, stderr }, { entries, checks }).catch((error: unknown) => error);
  return { text: stdout.text, thrown };
}

describe("on this machine", () => {
  it("says as JSON what is there and that it computes correctly", async () => {
    const { code, stdout } = await run("doctor", "--json");
    expect(code).toBe(EXIT.done);
    const { version, command, system, backends, auto, healthy } = JSON.parse(stdout) as DoctorReport;
    expect({ version, command, healthy }).toEqual({ version: 1, command: "doctor", healthy: true });
    expect(system).toMatchObject({ node: process.versions.node, platform: process.platform, arch: process.arch });
    expect(Object.keys(system.packages)).toEqual(
      expect.arrayContaining(["@surprisal/cli", "@surprisal/core", "@surprisal/wasm", "@surprisal/gpu"]),
    );
    expect(backends.map(({ name }) => name)).toEqual(BACKENDS.map(({ name }) => name));
    const found = backends.filter((each) => each.available);
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(["wasm", "cpu"]));
    expect(found.every(({ checks, correct }) => correct && checks.length === KNOWN.length)).toBe(true);
    expect(found.map(({ name }) => name)).toContain(auto);
  });

  it("says in words the simd, the threads and the versions", async () => {
    const { code, stdout } = await run("doctor", "--backend", "wasm");
    const lines = plainLines(stdout);
    expect(code).toBe(EXIT.done);
    expect(lines).toContainEqual(expect.stringMatching(/^runs on {2,}Node \d+\.\d+\.\d+ \(V8 /));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}simd {2,}(relaxed|simd)/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}threads {2,}\d/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}checked {2,}6 of 6 checks right, [\d.]+ ms$/));
    expect(lines.some((line) => line.startsWith("✓ cpu"))).toBe(false);
  });
});

describe("a backend that computes wrongly", () => {
  it("is told from one that rounds: every check finds a relative error of 1e-3, and none one of 1e-7", async () => {
    const wrong = await examined(entryOf(scaled(1.001)));
    expect(wrong.checks.filter(({ correct }) => correct)).toEqual([]);
    const rounded = await examined(entryOf(scaled(1 + 1e-7)));
    expect(rounded.checks.filter(({ correct }) => !correct)).toEqual([]);
  });

  it("ends with exit code 1, and is named with what to do", async () => {
    const { text, thrown } = await doctor({ backend: "auto" }, [entryOf(scaled(2)), CPU]);
    expect(thrown).toMatchObject({ exitCode: EXIT.gateFailed, message: "gpu computes wrongly" });
    expect(text).toContain("✗ gpu");
    expect(text).toMatch(/wrong +loss: 5e-1 off, where rounding explains \d/);
    expect(text).toContain("until then take --backend wasm");
    expect(text).toContain("something is wrong, see above");
  });

  it("is one that gives NaN, too few numbers, or an error in the middle", async () => {
    const short: Known = { name: "short", expected: [1, 2], bound: 9, compute: () => Promise.resolve([1]) };
    const fails = () => {
      throw new BackendError("backend-lost", "the device is lost");
    };
    const reports = [
      await examine(entryOf(scaled(NaN))),
      await examine(entryOf(device()), [short]),
      await examine(entryOf(device({ run: fails }))),
    ];
    expect(reports.map((each) => each.available && each.correct)).toEqual([false, false, false]);
    const [nan, , lost] = reports.map((each) => (each.available ? each.checks[0] : undefined));
    expect(nan?.difference).toBeNaN();
    expect(lost?.problem).toBe("the device is lost");
  });

  it("is one that does not answer", async () => {
    const hangs = device({ read: () => new Promise(() => undefined) });
    const report = await examine(entryOf(hangs), KNOWN.slice(0, 1), 20);
    expect(report).toMatchObject({ correct: false, checks: [{ problem: "no answer within 0.02 s" }] });
  });

  it("is disposed all the same", async () => {
    let ended = 0;
    await examine(entryOf({ ...scaled(2), dispose: () => void ended++ }));
    expect(ended).toBe(1);
  });
});

describe("a backend that is not there", () => {
  it("is said with the reason and what to do, and is no failure", async () => {
    const { text, thrown } = await doctor({ backend: "auto" }, [
      absent({ missing: "webgpu", cause: "Cannot find package" }),
      CPU,
    ]);
    expect(thrown).toBeUndefined();
    expect(text).toContain("– gpu");
    expect(text).toMatch(/because +it is not there/);
    expect(text).toMatch(/to do +install the package webgpu beside @surprisal\/cli/);
    expect(text).toMatch(/auto +--backend auto takes cpu/);
  });

  it("is exit code 4 where it was asked for", async () => {
    const { text, thrown } = await doctor({ backend: "gpu", json: true }, [absent({ missing: "adapter" }), CPU]);
    expect(thrown).toBeInstanceOf(CliError);
    expect(thrown).toMatchObject({ exitCode: EXIT.backendUnavailable });
    const { backends, healthy } = JSON.parse(text) as DoctorReport;
    expect(backends).toHaveLength(1);
    expect(healthy).toBe(false);
  });

  it.each([
    [
      "the package is not installed",
      { missing: "webgpu", cause: "Error: Cannot find package 'webgpu'" },
      /^install the package/,
    ],
    [
      "the package does not load",
      { missing: "webgpu", cause: "Error: GLIBC_2.38 not found" },
      /does not load: .*GLIBC/,
    ],
    ["there is no adapter", { missing: "adapter" }, /driver/],
    ["there is no device", { missing: "device" }, /driver/],
  ])("advice where %s", async (_what, details, advice) => {
    expect((await examine(absent(details))).advice[0]).toMatch(advice);
  });

  it("without any backend the exit code is 1", async () => {
    const { thrown } = await doctor({ backend: "auto" }, [absent({})]);
    expect(thrown).toMatchObject({ exitCode: EXIT.gateFailed, message: "no backend can be had" });
  });
});

describe("advice where it was found", () => {
  it("an adapter in software is passed over by auto, and said to be slow", async () => {
    const software = entryOf(
      device({ describe: () => ({ name: "gpu", software: true, features: [], limits: { a: 1 } }) }),
    );
    const { text } = await doctor({ backend: "auto" }, [software, CPU]);
    expect(text).toMatch(/to do +its adapter is a program on processors/);
    expect(text).toMatch(/features +none/);
    expect(text).toMatch(/limits +a 1/);
    expect(text).toMatch(/--backend auto takes cpu/);
  });

  it("threads that did not start are said with the reason", async () => {
    const facts = { name: "wasm", threads: 1, threadsMissing: 1, because: ["no worker"] };
    const { text } = await doctor({ backend: "auto" }, [entryOf(device({ describe: () => facts }), "wasm")]);
    expect(text).toMatch(/threads +1: no worker/);
    expect(text).toMatch(/to do +some threads did not start/);
  });
});
