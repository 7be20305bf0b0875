/** What `surprisal doctor --json` prints. Fields may be added within a version. */
export interface DoctorReport {
  readonly version: 1;
  readonly command: "doctor";
  readonly system: SystemFacts;
  readonly backends: readonly BackendReport[];
  /** What `--backend auto` of the other commands takes on this machine; undefined where only one backend was looked at. */
  readonly auto: string | undefined;
  /** Whether all that was found computes correctly. */
  readonly healthy: boolean;
}

/** The machine, and what runs on it. */
export interface SystemFacts {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly arch: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  /** Versions by package; a package that is not there is not listed. */
  readonly packages: Readonly<Record<string, string>>;
}

/** A backend, found or not. */
export type BackendReport = FoundBackend | MissingBackend;

/** A backend that this machine has. */
export interface FoundBackend {
  readonly name: string;
  readonly available: true;
  /** What the backend says of itself. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly checks: readonly CheckReport[];
  /** Whether every check passed. */
  readonly correct: boolean;
  readonly milliseconds: number;
  /** What would make it faster, or right. */
  readonly advice: readonly string[];
}

/** A backend that cannot be had. */
export interface MissingBackend {
  readonly name: string;
  readonly available: false;
  readonly reason: string;
  /** What to do about it. */
  readonly advice: readonly string[];
}

/** One computation, compared with what is known. */
export interface CheckReport {
  readonly name: string;
  readonly correct: boolean;
  /** The largest distance from a known number; absent where nothing was computed. */
  readonly difference?: number;
  /** How far rounding may go. */
  readonly bound: number;
  /** Why nothing was computed. */
  readonly problem?: string;
}
