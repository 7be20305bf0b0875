/** What was found, in all the forms in which it is told. */
export interface Findings {
  /** For `--json`. */
  readonly report: object;
  /** For the terminal. */
  readonly text: string;
  /** For `--report`. */
  readonly page: () => string;
  /** The document with these results in place of older ones. */
  readonly documentWith: (document: string) => string;
  /** Whether one of ours failed, or is wrong. */
  readonly oursFailed: boolean;
}
