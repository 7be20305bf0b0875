import type { Contestant, Outcome, Pass, Prepared, Values } from "../contestant.ts";
import type { AnyReply, Answers, Request } from "../protocol.ts";
import { errorText } from "../text.ts";
import type { MemoryMeter, Place } from "./place.ts";

/** Replies to requests for a contestant: the protocol, without its lines. */
export interface Server {
  reply(request: Request): Promise<AnyReply>;
}

interface State {
  prepared: Prepared | undefined;
  /** The resident set after `prepare`. */
  baseline: number;
}

/** A server for a contestant, where it runs. */
export function serve(contestant: Contestant, place: Place): Server {
  const state: State = { prepared: undefined, baseline: 0 };
  return {
    async reply(request) {
      try {
        return { ok: true, ...(await answer({ contestant, place, state }, request)) };
      } catch (error) {
        return { ok: false, error: errorText(error) };
      }
    },
  };
}

interface Served {
  readonly contestant: Contestant;
  readonly place: Place;
  readonly state: State;
}

async function answer(served: Served, request: Request): Promise<Answers[keyof Answers]> {
  const { contestant, place, state } = served;
  switch (request.do) {
    case "describe":
      return { facts: await contestant.describe() };
    case "prepare":
      return prepare(served, request);
    case "first":
      return first(state, request.pass, place.memory);
    case "run":
      return run(preparedOf(state), request.pass, request.calls);
    case "outputs":
      return outputs(preparedOf(state), place, request);
    case "dispose":
      state.prepared?.dispose();
      state.prepared = undefined;
      return {};
    default:
      return request satisfies never;
  }
}

function preparedOf({ prepared }: State): Prepared {
  if (prepared === undefined) throw new TypeError("nothing is prepared");
  return prepared;
}

type Asked<K extends Request["do"]> = Extract<Request, { readonly do: K }>;

async function prepare(
  { contestant, place, state }: Served,
  { benchCase, inputs }: Asked<"prepare">,
): Promise<Answers["prepare"]> {
  const refused = contestant.refuses?.(benchCase);
  if (refused !== undefined) return { refused };
  const read: Record<string, Values> = {};
  for (const [name, input] of Object.entries(inputs)) read[name] = await place.read(input);
  state.prepared = await contestant.prepare({ benchCase, inputs: read });
  state.baseline = 0;
  return {};
}

async function first(state: State, pass: Pass, memory: MemoryMeter | undefined): Promise<Answers["first"]> {
  const prepared = preparedOf(state);
  if (memory !== undefined && state.baseline === 0) {
    memory.collectGarbage();
    state.baseline = memory.resident();
  }
  memory?.resetPeak();
  const start = performance.now();
  const outcome = await prepared.run(pass);
  const ms = performance.now() - start;
  const peak = memory?.peakResident();
  const results = Object.values(await outcome.outputs());
  outcome.release();
  if (peak === undefined) return { ms, peakBytes: -1 };
  const bytes = results.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { ms, peakBytes: Math.max(0, peak - state.baseline - bytes) };
}

async function run(prepared: Prepared, pass: Pass, calls: number): Promise<Answers["run"]> {
  let last: Outcome | undefined;
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    last?.release();
    const given = prepared.run(pass);
    last = given instanceof Promise ? await given : given; // to await what is there already would time the waiting
  }
  const ms = (performance.now() - start) / calls;
  const used = last?.used ?? Number.NaN;
  last?.release();
  return { ms, used };
}

async function outputs(
  prepared: Prepared,
  place: Place,
  { pass, folder }: Asked<"outputs">,
): Promise<Answers["outputs"]> {
  const outcome = await prepared.run(pass);
  const written: Record<string, { length: number; file: string }> = {};
  for (const [name, values] of Object.entries(await outcome.outputs())) {
    written[name] = { length: values.length, file: await place.write(folder, name, values) };
  }
  outcome.release();
  return { outputs: written };
}
