import type { BenchCase } from "./cases.ts";
import type { Pass } from "./contestant.ts";

// Parent and contestant, one process each, talk in lines of JSON: a request on the contestant's standard input, one
// answer on its standard output, one at a time. What a contestant wants to tell people goes to standard error.
// Standard input at its end means: exit. Arrays travel as files: raw, little-endian, row-major.
//
//   {"do":"describe"}                                  {"ok":true,"facts":{"version":"2.9.1","threads":2}}
//   {"do":"prepare","benchCase":{…},"inputs":{         {"ok":true}
//     "logits":{"dtype":"f32","shape":[3,2],             or {"ok":true,"refused":"why it cannot do this case"}
//               "file":"/tmp/…/logits.f32"}, …}}
//   {"do":"first","pass":"forward"}                    {"ok":true,"ms":0.7,"peakBytes":81920}
//   {"do":"run","pass":"forward","calls":20}           {"ok":true,"ms":0.031,"used":0.4878}
//   {"do":"outputs","pass":"forward","folder":"…"}     {"ok":true,"outputs":{"loss":{"length":1,"file":"…/loss.f32"}}}
//   {"do":"dispose"}                                   {"ok":true}
//   anything that fails                                {"ok":false,"error":"what and why"}
//
// prepare  comes once for each case; a `dispose` comes between two.
// first    the first call of a pass in this process, forward before gradient, after a `prepare` and before any `run`:
//          `ms` is that call's time. `peakBytes` is the highest resident set during the call, less the resident set
//          before the first call of all (after `prepare`, after a forced collection where there is a collector), less
//          the bytes of the call's outputs. On Linux the high-water mark is reset before the call by writing 5 to
//          /proc/self/clear_refs, and is VmHWM in /proc/self/status; elsewhere it is that of getrusage. -1: not known.
// run      `calls` calls in a row, each awaited, each with its result read back (`used`, of the last call), each
//          released before the next begins. `ms` is the time of all divided by `calls`. With one call its release is
//          not timed. In JavaScript, a call that gives its result at once is not awaited: that would time a promise.
// outputs  one more call, not timed, whose outputs are written into `folder` as f32, each into a file of its own.

/** A tensor in a file. */
export interface FileValues {
  readonly dtype: "f32" | "i32";
  readonly shape: readonly number[];
  readonly file: string;
}

/** What the parent asks. */
export type Request =
  | { readonly do: "describe" }
  | {
      readonly do: "prepare";
      readonly benchCase: BenchCase;
      readonly inputs: Readonly<Record<string, FileValues>>;
    }
  | { readonly do: "first"; readonly pass: Pass }
  | { readonly do: "run"; readonly pass: Pass; readonly calls: number }
  | { readonly do: "outputs"; readonly pass: Pass; readonly folder: string }
  | { readonly do: "dispose" };

/** The answers, by what was asked. */
export interface Answers {
  readonly describe: { readonly facts: Readonly<Record<string, string | number>> };
  readonly prepare: { readonly refused?: string };
  readonly first: { readonly ms: number; readonly peakBytes: number };
  readonly run: { readonly ms: number; readonly used: number };
  readonly outputs: { readonly outputs: Readonly<Record<string, { readonly length: number; readonly file: string }>> };
  readonly dispose: object;
}

/** A line from a contestant. */
export type Reply<K extends keyof Answers> =
  | ({ readonly ok: true } & Answers[K])
  | { readonly ok: false; readonly error: string };

/** A line from a contestant, to whatever was asked. */
export type AnyReply = Reply<keyof Answers>;
