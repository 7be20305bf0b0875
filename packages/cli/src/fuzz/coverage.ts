import { type Profiler, Session } from "node:inspector";

/** Which blocks of the readers have run, told by V8 itself. */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #seen = new Set<string>();

  constructor() {
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** How many blocks have run so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** Whether anything ran since the last call that had never run before. */
  grew(): boolean {
    const before = this.#seen.size;
    for (const script of this.#take()) {
      if (!/\/src\/(readers|state|metrics)\//.test(script.url)) continue;
      for (const { ranges } of script.functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) this.#seen.add(`${script.scriptId}:${startOffset}:${endOffset}`);
        }
      }
    }
    return this.#seen.size > before;
  }

  [Symbol.dispose](): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /** In the same thread the answer is there when `post` returns. */
  #take(): readonly Profiler.ScriptCoverage[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post("Profiler.takePreciseCoverage", (_error, { result }) => (scripts = result));
    return scripts;
  }
}
