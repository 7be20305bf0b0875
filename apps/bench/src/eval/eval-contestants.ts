import process from "node:process";
import { fileURLToPath } from "node:url";
import { EVAL_FORMATS, type EvalFiles, type EvalFormat } from "./eval-files.ts";
import { CLASSES } from "./rows.ts";

/** One way to go through the files of a case: a program. */
export interface EvalContestant {
  readonly name: string;
  readonly role: "reading" | "ours" | "peer";
  readonly about: string;
  /** Computes in f64: what the losses of others are compared with. */
  readonly exact?: true;
  /** Those that it reads. */
  readonly formats: readonly EvalFormat[];
  /** Prints a line of JSON: `loss`, the mean; reading prints `bytes` instead. */
  command(files: EvalFiles): readonly string[];
}

/** What the CLI reads and computes at a time, and so everybody. */
const BLOCK_BYTES = 4 * 2 ** 20;
const BLOCK_ROWS = Math.floor(BLOCK_BYTES / 4 / CLASSES);

/** Debian's python3-torch is for Debian's Python; another one on the path has none. */
const PYTHON = "/usr/bin/python3";
const ALL: readonly EvalFormat[] = EVAL_FORMATS;

const READ = fileURLToPath(new URL("../child/read-files.ts", import.meta.url));
const TORCH = fileURLToPath(new URL("../peers/pytorch-files.py", import.meta.url));

/** The built program. */
const CLI = fileURLToPath(new URL("../../../../packages/cli/dist/bin.js", import.meta.url));

/** Everybody; reading, which others are compared with, first. */
export const EVAL_CONTESTANTS: readonly EvalContestant[] = [
  {
    name: "reading alone",
    role: "reading",
    about: "Node reads the files into one block and looks at nothing",
    formats: ALL,
    command: ({ paths }) => [process.execPath, READ, String(BLOCK_BYTES), ...paths],
  },
  ours("wasm", "surprisal eval --backend wasm, on as many threads as the machine has cores"),
  { ...ours("cpu", "surprisal eval --backend cpu, on one thread, in f64"), exact: true },
  torch("mapped", "cross_entropy alone, on slices of numpy.load(…, mmap_mode)"),
  torch("read", "cross_entropy alone, on blocks read into one array"),
];

function ours(backend: string, about: string): EvalContestant {
  const command = ({ cliArguments }: EvalFiles): string[] =>
    [process.execPath, CLI, "eval", cliArguments, "--backend", backend, "--json"].flat();
  return { name: backend, role: "ours", about, formats: ALL, command };
}

function torch(how: "mapped" | "read", about: string): EvalContestant {
  const command = ({ paths }: EvalFiles): string[] => [PYTHON, TORCH, how, String(BLOCK_ROWS), ...paths];
  return { name: `PyTorch, ${how}`, role: "peer", about, formats: ["npy"], command };
}
