import { CliError, EXIT } from "../exit.ts";
import { type ArrayReader, shapeOf, sizeOf } from "../readers/array-reader.ts";
import { FormatError } from "../readers/format-error.ts";
import { STDIN } from "../readers/open-bytes.ts";
import { openShards } from "../readers/shards.ts";
import { binaryGeometryOf, type Geometry, geometryOf, sameShape } from "./geometry.ts";
import type { EvalFiles, EvalOptions } from "./options.ts";

/** What an evaluation reads, opened and checked as far as headers say. */
export interface EvalInputs {
  readonly logits: ArrayReader;
  readonly targets: ArrayReader;
  readonly rowWeight: ArrayReader | undefined;
  /** One number per class. */
  readonly weight: ArrayReader | undefined;
  readonly geometry: Geometry;
  close(): void;
}

/**
 * Opens the files of an evaluation.
 * @throws FormatError for files that do not go together; CliError for usage
 */
export async function openInputs(files: EvalFiles, options: EvalOptions): Promise<EvalInputs> {
  const opened: ArrayReader[] = [];
  try {
    const { logits, targets } = await openPair(files, options, opened);
    const rowWeight = await openSingle(files.rowWeight, opened);
    const weight = await openSingle(files.weight, opened);
    const geometry =
      options.binary === true ? binaryGeometryOf(logits, targets) : geometryOf(logits, targets, options.classDim);
    checkRowWeight(rowWeight, logits, geometry);
    checkWeight(weight, geometry);
    return { logits, targets, rowWeight, weight, geometry, close: () => opened.forEach((each) => each.close()) };
  } catch (error) {
    opened.forEach((each) => each.close());
    throw error;
  }
}

async function openPair(
  { logits: file, targets: targetFile }: EvalFiles,
  { logits: name, target, format, targetFormat }: EvalOptions,
  opened: ArrayReader[],
): Promise<{ readonly logits: ArrayReader; readonly targets: ArrayReader }> {
  const logitsWish = { name, option: "--logits" };
  const targetWish = { name: target, option: "--target" };
  if (targetFile === undefined && target === undefined) {
    throw new CliError(EXIT.usage, "targets required: a second file, or --target with its name in the first");
  }
  if (targetFile === STDIN && file === STDIN) {
    throw new CliError(EXIT.usage, "only one of logits and targets can come from standard input (-)");
  }
  if (targetFile === undefined) {
    const readers = await openShards({ file, wishes: [logitsWish, targetWish], format });
    opened.push(...readers);
  } else {
    opened.push(...(await openShards({ file, wishes: [logitsWish], format })));
    opened.push(...(await openShards({ file: targetFile, wishes: [targetWish], format: targetFormat })));
  }
  const [logits, targets] = opened;
  if (logits === undefined || targets === undefined) throw new TypeError("a reader for each wish");
  return { logits, targets };
}

async function openSingle(file: string | undefined, opened: ArrayReader[]): Promise<ArrayReader | undefined> {
  if (file === undefined) return undefined;
  const [reader] = await openShards({ file, wishes: [{ name: undefined, option: "its name" }] });
  if (reader !== undefined) opened.push(reader);
  return reader;
}

function checkRowWeight(rowWeight: ArrayReader | undefined, logits: ArrayReader, { classDim }: Geometry): void {
  if (rowWeight === undefined) return;
  const shape = (classDim === undefined ? logits.shape : logits.shape.toSpliced(classDim, 1)) as ArrayReader["shape"];
  if (sameShape(rowWeight.shape, shape)) return;
  throw new FormatError(
    rowWeight.name,
    `row weights must be ${shapeOf(shape)}, one per row; got ${shapeOf(rowWeight.shape)}`,
  );
}

function checkWeight(weight: ArrayReader | undefined, { classes }: Geometry): void {
  if (weight === undefined || (weight.shape.length === 1 && (sizeOf(weight.shape) ?? classes) === classes)) return;
  throw new FormatError(weight.name, `weights must be [${classes}], one per class; got ${shapeOf(weight.shape)}`);
}
