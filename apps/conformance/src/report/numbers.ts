const NAMED: Readonly<Record<string, string>> = { Infinity: "∞", "-Infinity": "−∞" };

/** `3,020`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `3 cases`, `1 case`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** An error as a person reads it, in at most seven characters: `0`, `<0.01`, `0.94`, `17.2`, `8,192`, `1.3e+9`. */
export function decimal(value: number): string {
  if (!Number.isFinite(value)) return NAMED[String(value)] ?? String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.01) return "<0.01";
  if (size >= 1e6) return value.toExponential(1);
  return size < 10 ? value.toFixed(2) : size < 100 ? value.toFixed(1) : count(Math.round(value));
}

/** `0.42 s`, `7.3 s`, `2 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** The date and time that an ISO 8601 text says, in its own zone: `2026-03-14 09:26`. */
export function minute(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*?(Z?)$/, (_all, day: string, time: string, zone: string) =>
    zone === "" ? `${day} ${time}` : `${day} ${time} UTC`,
  );
}

/** How far a wrong element is off, from the two numbers as text; undefined where one of them is no finite number. */
export function offBy(got: string, expected: string): string | undefined {
  const distance = Math.abs(Number(got) - Number(expected));
  return Number.isFinite(distance) ? String(Number(distance.toPrecision(3))) : undefined;
}
