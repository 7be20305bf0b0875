import type { CaseData } from "../contestant.ts";

/** An input of f32. @throws RangeError if the case has no such input */
export function floats({ benchCase, inputs }: CaseData, name: string): Float32Array {
  const values = inputs[name]?.values;
  if (values instanceof Float32Array) return values;
  throw new RangeError(`${benchCase.id} has no f32 input ${name}`);
}

/** An input of i32. @throws RangeError if the case has no such input */
export function integers({ benchCase, inputs }: CaseData, name: string): Int32Array {
  const values = inputs[name]?.values;
  if (values instanceof Int32Array) return values;
  throw new RangeError(`${benchCase.id} has no i32 input ${name}`);
}
