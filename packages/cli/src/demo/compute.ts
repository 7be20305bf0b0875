import { setImmediate } from "node:timers/promises";
import type { BackendEntry } from "../backends.ts";
import { computeBackends } from "./compute/backends.ts";
import { computeBinary } from "./compute/binary.ts";
import { computeClasses } from "./compute/classes.ts";
import { computeDistributions } from "./compute/distributions.ts";
import { computeMatrix } from "./compute/matrix.ts";
import { computeVolume } from "./compute/volume.ts";
import { measure } from "./measure.ts";
import type { DemoSection } from "./section.ts";
import { makeVolume } from "./volume.ts";

/** What the tour is computed on. */
export interface DemoSetup {
  /** Backends of the last section. */
  readonly backends: readonly BackendEntry[];
  /** Edge of the volume, in voxels. */
  readonly side: number;
}

/** The sections of the tour, each computed when it is asked for. */
export async function* computeDemo({ backends, side }: DemoSetup): AsyncGenerator<DemoSection> {
  yield await computeDistributions();
  yield await computeBinary();
  yield await computeClasses();
  yield await computeMatrix();
  await setImmediate(); // lets what is written so far, and an interrupt, through
  const volume = makeVolume(side);
  const host = await measure(volume.logits.backend, volume);
  const section = await computeVolume(volume, host);
  yield section;
  yield await computeBackends(backends, volume, { composed: section.composed.value, host });
}
