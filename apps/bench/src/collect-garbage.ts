import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Frees what is no longer used, so that nobody's time contains another's garbage. */
export function collectGarbage(): void {
  collect();
}
