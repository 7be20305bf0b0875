import type { Backend } from "@surprisal/core";
import { type BackendEntry, isSoftware, open } from "../../backends.ts";
import { check, type Check, lossBound } from "../check.ts";
import { measure, type Measured } from "../measure.ts";
import { CLASSES, type Volume } from "../volume.ts";

/** A backend's figures on the volume. */
export interface BackendRow extends Measured {
  readonly name: string;
  readonly available: true;
  /** Threads that compute, where the backend says so. */
  readonly threads?: number;
  /** Whether its device is a program on processors. */
  readonly software: boolean;
}

/** A backend that cannot be had, and why. */
export interface AbsentRow {
  readonly name: string;
  readonly available: false;
  readonly reason: string;
}

/** The volume's loss on every backend. */
export interface BackendsSection {
  readonly kind: "backends";
  readonly rows: readonly (BackendRow | AbsentRow)[];
  readonly checks: readonly Check[];
}

/** What the section before has found: the composed loss, and the figures of the backend that holds the volume. */
export interface Known {
  readonly composed: number;
  readonly host: Measured;
}

/** Section 6. */
export async function computeBackends(
  entries: readonly BackendEntry[],
  volume: Volume,
  { composed, host }: Known,
): Promise<BackendsSection> {
  const rows: (BackendRow | AbsentRow)[] = [];
  for (const { name, ...entry } of entries) {
    const opened = await open({ name, ...entry });
    if ("reason" in opened) {
      rows.push({ name, available: false, reason: opened.reason });
      continue;
    }
    const { backend } = opened;
    try {
      const measured = backend === volume.logits.backend ? host : await measure(backend, volume);
      rows.push({ name, available: true, ...threadsOf(backend), software: isSoftware(backend), ...measured });
    } finally {
      backend.dispose();
    }
  }
  return { kind: "backends", rows, checks: rows.flatMap((row) => checksOf(row, composed)) };
}

function threadsOf(backend: Backend): { threads?: number } {
  const { threads } = backend.describe() as { readonly threads?: unknown };
  return typeof threads === "number" ? { threads } : {};
}

function checksOf(row: BackendRow | AbsentRow, composed: number): Check[] {
  if (!row.available) return [];
  const { name, indices, probabilities, withGrad } = row;
  const bound = lossBound({ classes: CLASSES, spread: 1 });
  return [
    check(`volume on ${name}: class indices`, composed, indices.value, bound),
    check(`volume on ${name}: probabilities`, composed, probabilities.value, bound),
    check(`volume on ${name}: with gradient`, composed, withGrad.value, bound),
  ];
}
