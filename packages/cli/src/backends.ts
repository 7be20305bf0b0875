import type { Backend } from "@surprisal/core";
import { CliError, EXIT, messageOf } from "./exit.ts";

/** A backend by the name it has on the command line, and how to make it; making it throws where it cannot be had. */
export interface BackendEntry {
  readonly name: string;
  readonly create: () => Promise<Backend>;
}

/** Every backend, the fastest first: `--backend auto` takes the first that can be had. */
export const BACKENDS: readonly BackendEntry[] = [
  { name: "gpu", create: async () => (await import("@surprisal/gpu")).gpu() },
  { name: "wasm", create: async () => (await import("@surprisal/wasm")).wasm() },
  { name: "cpu", create: async () => (await import("@surprisal/core")).cpu() },
];

/** A backend that was opened, or the reason why it cannot be. */
export type Opened =
  | { readonly name: string; readonly backend: Backend }
  | { readonly name: string; readonly reason: string };

/** Tries one backend. */
export async function open({ name, create }: BackendEntry): Promise<Opened> {
  try {
    return { name, backend: await create() };
  } catch (error) {
    return { name, reason: messageOf(error) };
  }
}

/** The backend asked for (`"auto"`: the first that can be had), and those that were passed over, with reasons. */
export interface Chosen {
  readonly backend: Backend;
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Opens the backend of `--backend`.
 * @throws CliError with exit code 4 and every reason if it cannot be had
 */
export async function chooseBackend(wanted: string, entries: readonly BackendEntry[] = BACKENDS): Promise<Chosen> {
  const passedOver: { name: string; reason: string }[] = [];
  for (const entry of entries) {
    if (wanted !== "auto" && wanted !== entry.name) continue;
    const opened = await open(entry);
    if ("backend" in opened) {
      if (wanted !== "auto" || !isSoftware(opened.backend)) return { backend: opened.backend, passedOver };
      opened.backend.dispose();
      passedOver.push({ name: entry.name, reason: "its adapter is software: processors are faster without it" });
    } else passedOver.push(opened);
  }
  throw unavailable(wanted, passedOver);
}

/** Whether it says that its device is a program on processors. */
export function isSoftware(backend: Backend): boolean {
  return backend.describe()["software"] === true;
}

/** The error of a backend that was asked for and cannot be had. */
export function unavailable(wanted: string, tried: readonly { name: string; reason: string }[]): CliError {
  const reasons = tried.map(({ name, reason }) => (name === wanted ? reason : `${name}: ${reason}`)).join("; ");
  return new CliError(EXIT.backendUnavailable, `--backend ${wanted} cannot be had: ${reasons}`);
}
