import type { BackendsSection } from "./compute/backends.ts";
import type { BinarySection } from "./compute/binary.ts";
import type { ClassesSection } from "./compute/classes.ts";
import type { DistributionsSection } from "./compute/distributions.ts";
import type { MatrixSection } from "./compute/matrix.ts";
import type { VolumeSection } from "./compute/volume.ts";

/** One section of the tour, as plain data. */
export type DemoSection =
  | DistributionsSection
  | BinarySection
  | ClassesSection
  | MatrixSection
  | VolumeSection
  | BackendsSection;
