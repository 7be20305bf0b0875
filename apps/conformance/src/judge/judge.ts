import {
  type Backend,
  type ErrorCode,
  isHostBackend,
  isSurprisalError,
  type SurprisalError,
  type Tensor,
} from "@surprisal/core";
import type { Case, Peer } from "../case.ts";
import type { Arithmetic } from "../oracle/algebra.ts";
import { FLOAT64 } from "../oracle/algebra.ts";
import type { Expected, ExpectedOutputs } from "../oracle/expected.ts";
import { expectedOutputs } from "../oracle/oracle.ts";
import { type Inputs, OPERATIONS } from "../operations.ts";
import type { Input, Problem } from "../problem.ts";
import type { Stage, WrongElement } from "../report/report.ts";
import { type Comparison, compare } from "./compare.ts";
import { type AgainstPeer, comparePeer, isFromStored } from "./peer.ts";
import { place, type Placed, sameBeside, sameBytes } from "./place.ts";
import { watch, type Watched } from "./sentinels.ts";
import { slopeComplaint } from "./slope.ts";

/** Which outputs are judged. */
export type Mode = "all" | "values" | "gradients";

/** What a case comes to. */
export type Verdict =
  | { readonly kind: "passed"; readonly measured: Measured }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly complaint: Complaint; readonly measured: Measured };

/** How far off a case's outputs are. */
export interface Measured {
  readonly numbers: number;
  readonly worst: number;
  /** Worst error over PyTorch's own worst error; undefined without a peer. */
  readonly peer: number | undefined;
  readonly histogram: readonly number[];
}

/** Why a case fails. */
export interface Complaint {
  readonly stage: Stage;
  readonly message: string;
  readonly output?: string;
  readonly wrong?: readonly WrongElement[];
  readonly wrongCount?: number;
}

const NOTHING: Measured = { numbers: 0, worst: 0, peer: undefined, histogram: [] };

/** Runs a case on a backend and judges everything that comes of it. */
export async function judge(
  subject: Case,
  backend: Backend,
  arithmetic: Arithmetic,
  mode: Mode = "all",
): Promise<Verdict> {
  const problem = subject.problem();
  const watched = watch(backend);
  let verdict: Verdict;
  try {
    verdict = await attempt(problem, subject, watched, arithmetic, mode);
  } catch (error) {
    verdict = thrown(error, subject.peer?.refuses === true);
  }
  const { overwritten, leaked } = await watched.finish();
  if (overwritten.length > 0) return failed({ stage: "guard", message: overwritten.join("; ") }, verdict);
  if (verdict.kind === "passed" && leaked > 0) {
    return failed({ stage: "leak", message: `${leaked} buffers were neither freed nor owned by a result` }, verdict);
  }
  return verdict;
}

async function attempt(
  problem: Problem,
  subject: Case,
  watched: Watched,
  arithmetic: Arithmetic,
  mode: Mode,
): Promise<Verdict> {
  const placed = Object.entries(problem.inputs).map(([name, input]) => ({ name, ...place(input, watched.backend) }));
  try {
    return await runAndJudge(problem, placed, { subject, watched, arithmetic, mode });
  } finally {
    for (const { owner } of placed) owner.dispose();
  }
}

/** What a case is judged with. */
interface Bench {
  readonly subject: Case;
  readonly watched: Watched;
  readonly arithmetic: Arithmetic;
  readonly mode: Mode;
}

type PlacedInputs = readonly (Placed & { readonly name: string })[];

async function runAndJudge(problem: Problem, placed: PlacedInputs, bench: Bench): Promise<Verdict> {
  const { subject, watched, arithmetic, mode } = bench;
  const before = await Promise.all(placed.map(({ owner }) => watched.bytes(owner.buffer)));
  const operation = OPERATIONS[problem.operation];
  if (operation === undefined) throw new TypeError(`no operation "${problem.operation}"`);
  const inputs: Inputs = Object.fromEntries(placed.map(({ name, tensor }) => [name, tensor]));
  if (infersClasses(problem) && !isHostBackend(watched.backend)) {
    return { kind: "refused", reason: "classes: -1 needs memory that can be seen" };
  }
  const call = (): Outputs => operation(inputs, problem.options, watched.backend);
  const outputs = call();
  try {
    if (subject.peer?.refuses === true) {
      for (const output of Object.values(outputs)) await output.data(); // a device tells of bad data when it is read
      return failed({ stage: "error", message: "took what it must refuse" }, undefined);
    }
    const verdict = await judgeOutputs(problem, outputs, subject.peer, arithmetic, mode);
    const changed = await changedInput(problem, placed, before, watched); // before a second call makes it worse
    const repeats = verdict.kind !== "failed" && problem.options["into"] === undefined;
    const complaint =
      changed ??
      (verdict.kind === "failed" ? undefined : await unseenOutput(outputs, watched)) ??
      (repeats ? await otherBits(outputs, call) : undefined);
    return complaint === undefined ? verdict : failed(complaint, verdict);
  } finally {
    for (const output of Object.values(outputs)) output.dispose();
  }
}

/** One-hot looks for the largest index, where memory can be seen. */
function infersClasses({ operation, options }: Problem): boolean {
  return operation === "oneHot" && (options["classes"] ?? -1) === -1;
}

type Outputs = Readonly<Record<string, Tensor>>;

/** Inputs are compared byte by byte with what they were; of one that is written on purpose, what lies beside it. */
async function changedInput(
  problem: Problem,
  placed: PlacedInputs,
  before: readonly Uint8Array[],
  watched: Watched,
): Promise<Complaint | undefined> {
  const written = problem.options["into"];
  for (const [k, { name, owner, tensor }] of placed.entries()) {
    const [was, is] = [before[k] ?? new Uint8Array(), await watched.bytes(owner.buffer)];
    if (name === written ? sameBeside(was, is, tensor) : sameBytes(was, is)) continue;
    const what = name === written ? `memory beside the view "${name}"` : `the input "${name}"`;
    return { stage: "input", message: `${what} was changed` };
  }
  return undefined;
}

async function unseenOutput(outputs: Outputs, watched: Watched): Promise<Complaint | undefined> {
  for (const [output, tensor] of Object.entries(outputs)) {
    if (await isSeen(tensor, watched)) continue;
    return { stage: "error", output, message: `view() of ${output} shows other bytes than read()` };
  }
  return undefined;
}

/** The same call again gives the same numbers, to the last bit. (Which of the many NaN it is, engines leave open.) */
async function otherBits(outputs: Outputs, call: () => Outputs): Promise<Complaint | undefined> {
  const again = call();
  let complaint: Complaint | undefined;
  for (const [output, tensor] of Object.entries(again)) {
    const [first, second] = [await outputs[output]?.data(), await tensor.data()];
    const at = second.findIndex((value: number | bigint, i: number) => !Object.is(value, first?.[i]));
    if (at >= 0) complaint ??= { stage: "repeat", output, message: `${output}[${at}] has other bits in a second call` };
    tensor.dispose();
  }
  return complaint;
}

/** Whether the memory that a host backend lets us see is what it lets us read. */
async function isSeen({ buffer }: Tensor, { backend, bytes: read }: Watched): Promise<boolean> {
  if (!isHostBackend(backend)) return true;
  const { bytes, byteOffset } = backend.view(buffer);
  return sameBytes(await read(buffer), new Uint8Array(bytes, byteOffset, buffer.byteLength));
}

async function judgeOutputs(
  problem: Problem,
  outputs: Outputs,
  peer: Peer | undefined,
  arithmetic: Arithmetic,
  mode: Mode,
): Promise<Verdict> {
  const expected = expectedOutputs(problem, computesInF64(problem) ? FLOAT64 : arithmetic);
  let measured = NOTHING;
  let complaint: Complaint | undefined;
  for (const [name, truth] of Object.entries(expected)) {
    const gradient = name.startsWith("grad");
    if ((mode === "values" && gradient) || (mode === "gradients" && !gradient)) continue;
    const output = outputs[name];
    const other = output === undefined ? "is missing" : shapeComplaint(truth, output);
    if (output === undefined || other !== undefined) {
      complaint ??= { stage: "shape", output: name, message: `${name} ${other}` };
      continue;
    }
    const got = Float64Array.from((await output.data()) as ArrayLike<number | bigint>, Number);
    const comparison = compare(truth, got);
    const known = peer?.outputs?.[name === "lossAlone" ? "loss" : name];
    const against = known && comparePeer(truth, got, known, { departs: peer?.departs?.(name) ?? false, arithmetic });
    measured = combine(measured, comparison, against);
    const judged = against?.stage === "peer" && isFromStored(problem, name) ? undefined : against;
    complaint ??= complaintOf(name, comparison) ?? peerComplaint(name, judged);
  }
  if (mode !== "values") complaint ??= slope(problem, expected);
  return complaint === undefined ? { kind: "passed", measured } : { kind: "failed", complaint, measured };
}

/** A backend that takes f64 at all computes in f64. */
function computesInF64({ inputs }: Problem): boolean {
  return Object.values(inputs).some(({ dtype }: Input) => dtype === "f64");
}

function shapeComplaint({ dtype, shape }: Expected, output: Tensor): string | undefined {
  if (output.dtype !== dtype) return `is ${output.dtype}, not ${dtype}`;
  if (output.shape.join() !== shape.join()) return `is [${output.shape.join()}], not [${shape.join()}]`;
  return undefined;
}

function complaintOf(output: string, { stage, wrong, wrongCount }: Comparison): Complaint | undefined {
  if (stage === undefined) return undefined;
  const what =
    stage === "class" ? "NaN, infinity or zero in the wrong place" : "further off than its arithmetic allows";
  return { stage, output, message: `${output}: ${what}`, wrong, wrongCount };
}

function peerComplaint(output: string, against: AgainstPeer | undefined): Complaint | undefined {
  if (against?.complaint === undefined) return undefined;
  return { stage: against.stage, output, message: `${output}: ${against.complaint}` };
}

function slope(problem: Problem, expected: ExpectedOutputs): Complaint | undefined {
  const message = slopeComplaint(problem, expected);
  return message === undefined ? undefined : { stage: "slope", message };
}

function combine(measured: Measured, comparison: Comparison, against: AgainstPeer | undefined): Measured {
  const { histogram, worst } = comparison;
  return {
    numbers: measured.numbers + histogram.reduce((total, count) => total + count, 0),
    worst: Math.max(measured.worst, worst),
    peer: against?.ratio === undefined ? measured.peer : Math.max(measured.peer ?? 0, against.ratio),
    histogram: histogram.map((count, bin) => count + (measured.histogram[bin] ?? 0)),
  };
}

/** A backend's own trouble, which is no answer to any input. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(["memory", "backend-unavailable", "backend-mismatch", "disposed"]);

/** Errors of the library are answers: a refusal of the backend, or of an input that PyTorch refuses too. */
function thrown(error: unknown, refuses: boolean): Verdict {
  if (isSurprisalError(error)) {
    if (error.code === "backend-refused") return { kind: "refused", reason: reasonOf(error) };
    if (refuses && !TROUBLE.has(error.code)) return { kind: "passed", measured: { ...NOTHING, numbers: 1 } };
  }
  return failed({ stage: "error", message: `threw ${String(error)}` }, undefined);
}

function reasonOf({ details, message }: SurprisalError): string {
  const { reason } = details;
  return typeof reason === "string" ? reason : message;
}

function failed(complaint: Complaint, verdict: Verdict | undefined): Verdict {
  const measured = verdict === undefined || verdict.kind === "refused" ? NOTHING : verdict.measured;
  return { kind: "failed", complaint, measured };
}
