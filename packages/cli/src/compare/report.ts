import type { ComparisonResult } from "./comparison.ts";

/** What `surprisal compare --json` writes. Fields are added within a version, never changed or taken away. */
export interface CompareReport extends ComparisonResult {
  readonly version: 1;
  readonly command: "compare";
  readonly files: { readonly a: string; readonly b: string; readonly targets: string };
  readonly backend: {
    readonly name: string;
    readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
  };
  readonly milliseconds: number;
}
