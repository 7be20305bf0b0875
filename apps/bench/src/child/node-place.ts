import { join } from "node:path";
import { readValues, writeFloats } from "../files.ts";
import { processMemory } from "./memory.ts";
import type { Place } from "./place.ts";

/** A process of Node, with files. */
export const NODE: Place = {
  read: readValues,
  write(folder, name, values) {
    const file = join(folder, `${name}.f32`);
    writeFloats(file, values);
    return file;
  },
  memory: processMemory,
};
