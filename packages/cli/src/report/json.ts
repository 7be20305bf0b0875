/** One line of JSON. Numbers that JSON has no word for become the strings `"NaN"`, `"Infinity"` and `"-Infinity"`. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "number" && !Number.isFinite(item) ? String(item) : item,
  );
  return `${text}\n`;
}
