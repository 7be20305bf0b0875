import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ended, runBuilt, startBuilt, textOf } from "./testing/built.ts";
import { fixture } from "./testing/io.ts";

/** Dawn writes to stderr by itself where it finds no driver. */
const WASM = ["--backend", "wasm"];

it("runs a command", async () => {
  const files = [fixture("logits-f4.npy"), fixture("targets-i8.npy")];
  const { code, stdout, stderr } = await runBuilt("eval", ...files, "--json", ...WASM);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, keptRows: 5 });
});

it("says of a file by NumPy which losses are not finite and why, and fails the gate", async () => {
  const files = [fixture("broken-logits.npy"), fixture("broken-targets.npy")];
  const { code, stdout, stderr } = await runBuilt("eval", ...files, "--fail-on-nan", ...WASM);
  expect(code).toBe(1);
  expect(stderr).toBe(
    "surprisal: 5 losses are not finite (--fail-on-nan): the first is NaN, in row 1: a logit is NaN (class 2)\n",
  );
  expect(stdout.slice(stdout.indexOf("Not finite"))).toBe(
    [
      "Not finite",
      "  row       loss   target   because",
      "    1        NaN        0   a logit is NaN (class 2)",
      "    2        NaN        0   a logit is +∞ (class 1)",
      "    3        NaN        2   every logit is −∞",
      "    4   Infinity        0   the logit of the target is −∞, its probability 0 (class 0)",
      "    6   Infinity        1   the loss is larger than its dtype holds",
      "",
    ].join("\n"),
  );
});

it("gives the exit code of an error", async () => {
  const { code, stderr } = await runBuilt("eval", "missing.npy", "missing.npy", ...WASM);
  expect({ code, stderr }).toEqual({ code: 3, stderr: "surprisal: missing.npy: no such file or directory\n" });
});

it.each(["SIGINT", "SIGTERM"] as const)("ends with 130 on %s", async (signal) => {
  const child = startBuilt("demo");
  await once(child.stdout, "data");
  child.kill(signal);
  expect(await ended(child)).toEqual({ code: 130, signal: null });
});

it("is quiet when its reader goes away", async () => {
  const child = startBuilt("demo");
  const stderr = textOf(child.stderr);
  await once(child.stdout, "data");
  child.stdout.destroy();
  expect(await ended(child)).toEqual({ code: 0, signal: null });
  expect(await stderr).toBe("");
});

it("reads standard input", async () => {
  const argv = ["eval", "-", "--format", "csv", "--logits", "class_*", "--target", "label", "--json", ...WASM];
  const child = startBuilt(...argv);
  const stdout = textOf(child.stdout);
  const end = ended(child);
  // in pieces, as a slow program writes them
  for (const line of readFileSync(fixture("scores.csv"), "utf8").split(/(?<=\n)/)) child.stdin.write(line);
  child.stdin.end();
  expect(await end).toEqual({ code: 0, signal: null });
  expect(JSON.parse(await stdout)).toMatchObject({ rows: 5, logits: { file: "-", shape: [5, 3] } });
});

it("says how far it came when it is interrupted at work", async () => {
  const argv = ["eval", "-", "--format", "csv", "--logits", "class_*", "--target", "label", "--backend", "cpu"];
  const child = startBuilt(...argv);
  const [stdout, stderr, end] = [textOf(child.stdout), textOf(child.stderr), ended(child)];
  child.stdin.on("error", () => undefined); // it goes away in the middle
  child.stdin.write("class_0,class_1,label\n");
  const rows = "0.5,0.25,1\n".repeat(50_000);
  const feeding = setInterval(() => child.stdin.write(rows), 1);
  setTimeout(() => child.kill("SIGINT"), 1500);
  const { code } = await end;
  clearInterval(feeding);
  expect(code).toBe(130);
  expect(await stdout).toBe("");
  expect(await stderr).toMatch(/^surprisal: interrupted after [\d,]+ rows; there is no result\n$/);
});

it("ends on SIGINT also while it waits for its input", async () => {
  const argv = ["eval", "-", "--format", "csv", "--logits", "class_*", "--target", "label", "--backend", "cpu"];
  const child = startBuilt(...argv);
  const [stdout, stderr, end] = [textOf(child.stdout), textOf(child.stderr), ended(child)];
  child.stdin.on("error", () => undefined);
  child.stdin.write(`class_0,class_1,label\n${"0.5,0.25,1\n".repeat(50_000)}`); // and then nothing, for ever
  setTimeout(() => child.kill("SIGINT"), 1000);
  expect((await end).code).toBe(130);
  expect(await stdout).toBe("");
  expect(await stderr).toMatch(/^surprisal: interrupted after [\d,]+ rows; there is no result\n$/);
});

it("ends on an error also while its input goes on", async () => {
  const argv = ["eval", "-", "--format", "csv", "--logits", "class_*", "--target", "label", "--backend", "cpu"];
  const child = startBuilt(...argv);
  const [stderr, end] = [textOf(child.stderr), ended(child)];
  child.stdin.on("error", () => undefined);
  child.stdin.write(`class_0,class_1,label\n0.5,0.25,7\n${"0.5,0.25,1\n".repeat(200_000)}`);
  expect((await end).code).toBe(3);
  expect(await stderr).toMatch(/row 0 \(from 0\): class index must be an integer in \[0, 2\).*got 7\n$/);
});
