/** A file that is not what it should be: which file, where in it, what was required and what came. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly file: string;
  /** The header field at fault, where it is one. */
  readonly field: string | undefined;

  constructor(file: string, message: string, field?: string, options?: ErrorOptions) {
    super(`${file}: ${field === undefined ? "" : `header field "${field}": `}${message}`, options);
    this.file = file;
    this.field = field;
  }
}
