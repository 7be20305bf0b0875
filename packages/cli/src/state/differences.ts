import { canonicalText, type StateSettings } from "./state.ts";

/** Which settings of two evaluations differ, in words: `label-smoothing 0.1, not 0`. */
export function settingDifferences(found: StateSettings, wanted: StateSettings): string[] {
  const [ours, theirs] = [flattened(found), flattened(wanted)];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((name) => ours.get(name) !== theirs.get(name))
    .map((name) => `${name} ${ours.get(name) ?? "absent"}, not ${theirs.get(name) ?? "absent"}`);
}

/** Every setting by its name, as text. */
function flattened({ metrics, reduction, bytes, options }: StateSettings): Map<string, string> {
  const all = { ...metrics, ...reduction, bytes };
  return new Map(
    [...Object.entries(all), ...Object.entries(options)]
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, canonicalText(value)]),
  );
}
