// Shaders with conditions: lines `#if NAME`, `#if !NAME`, `#else` and `#endif`, which nest.

/**
 * The lines of a shader whose conditions hold.
 * @throws TypeError for conditions that do not close
 */
export function expand(text: string, flags: ReadonlySet<string>): string {
  const lines: string[] = [];
  /** Of each open condition, whether its lines are taken. */
  const open: boolean[] = [];
  for (const line of text.split("\n")) {
    const [word = "", name = ""] = line.trim().split(/\s+/u);
    if (word === "#if") open.push(name.startsWith("!") ? !flags.has(name.slice(1)) : flags.has(name));
    else if (word === "#else" || word === "#endif") {
      const taken = open.pop();
      if (taken === undefined) throw new TypeError(`${word} without #if`);
      if (word === "#else") open.push(!taken);
    } else if (open.every(Boolean)) lines.push(line);
  }
  if (open.length > 0) throw new TypeError("#if without #endif");
  return lines.join("\n");
}
