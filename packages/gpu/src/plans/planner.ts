import type { DeviceBuffer, DType, Operand, Rows } from "@surprisal/core";
import { type Binding, bind, type Dispatch, type Given, type ShaderName } from "../kernel.ts";

/** What turning a plan into kernels needs of the backend. */
export interface Planner {
  /** Memory that is free again once the plans have run. */
  readonly scratch: (bytes: number) => DeviceBuffer;
  /** The same, with words in it. */
  readonly words: (words: Uint32Array) => DeviceBuffer;
  /** Where the plans at hand say what is wrong with their data. */
  readonly status: Pick<Binding, "buffer" | "window">;
  readonly slot: number;
  /** Invocations of a workgroup that have nothing to do with each other, or little. */
  readonly group: number;
  /** Invocations that share a row of many classes. */
  readonly lanes: number;
  /** Whether the device is a program on processors. */
  readonly software: boolean;
  /** No more of a buffer can be bound. */
  readonly mostBytes: number;
}

/** What a workgroup leaves of its sum: five words. */
export const PART_BYTES = 20;
/** Rows of up to so many classes have one invocation each. */
const FEW_CLASSES = 32;
/** So many rows keep processors busy that pretend to be a GPU; barriers cost them more than reading across. */
const MANY_ROWS = 512;

/** Workgroups that keep a device busy: where there are more, an invocation takes several rows. */
export function busy({ software }: Planner): number {
  return software ? 32 : 2048;
}

/** Shaders by which the lanes of a row put together what they have found. */
export const LANES: readonly ShaderName[] = ["lanes", "lanes-by-tree", "lanes-by-subgroups"];

/** How a kernel goes through rows: one invocation a row, or as many as there are lanes. */
export interface RowGrid {
  readonly flags: readonly string[];
  readonly constants: Readonly<Record<string, number>>;
  readonly integers: Readonly<Record<string, number>>;
  readonly groups: number;
}

/** Whether the lanes of a workgroup share a row. */
export function sharesRows(
  { outer, classes, inner }: Rows,
  { strides }: Pick<Operand, "strides">,
  { software }: Planner,
): boolean {
  const enough = software && outer * inner >= MANY_ROWS;
  return classes > FEW_CLASSES && (strides[1] === 1 || inner === 1) && !enough;
}

/**
 * Rows whose classes lie apart, or are few, have one invocation each: neighbours in a workgroup then read neighbours in memory.
 * An invocation takes `multiple` rows at a time.
 */
export function rowGrid(
  all: Rows,
  logits: Pick<Operand, "strides">,
  planner: Planner,
  { mostGroups = Infinity, multiple = 1 }: { readonly mostGroups?: number; readonly multiple?: number } = {},
): RowGrid {
  const { outer, classes, inner } = all;
  const { group, lanes } = planner;
  const rows = outer * inner;
  const many = sharesRows(all, logits, planner);
  const atOnce = many ? 1 : group;
  const wanted = Math.floor(rows / (many ? 4 * busy(planner) : group * busy(planner)));
  const least = Math.max(1, wanted, Math.ceil(rows / (atOnce * mostGroups)));
  const rowsEach = Math.ceil(least / multiple) * multiple;
  return {
    flags: many ? ["MANY"] : [],
    constants: many ? { LANES: lanes } : { LANES: 1, GROUP: group },
    integers: { rows, classes, inner, rowsEach },
    groups: Math.ceil(rows / (atOnce * rowsEach)),
  };
}

/** What can be read and written by four. */
export const IN_FOURS: ReadonlySet<DType> = new Set(["f32", "f16", "bf16"]);

/** Whether neighbours along a dimension are vectors of four; so is what is not there. */
export function isInFours(operand: Operand | undefined, rows: Rows, along: "classes" | "inner"): boolean {
  if (operand === undefined) return true;
  const { dtype, offset, strides } = operand;
  const [step, ...others] =
    along === "inner"
      ? [strides[2], strides[0], strides[1]]
      : [strides[1], strides[0], rows.inner > 1 ? strides[2] : 0];
  return (
    IN_FOURS.has(dtype) && rows[along] % 4 === 0 && step === 1 && [offset, ...others].every((each) => each % 4 === 0)
  );
}

/** The parts of a dispatch, of which most have few. */
export function dispatch(parts: Pick<Dispatch, "shaders" | "groups" | "given"> & Partial<Dispatch>): Dispatch {
  return { flags: [], constants: {}, integers: {}, numbers: {}, ignore: 0, ...parts };
}

/** Operands that are there, as bindings and places. */
export class Operands implements Given {
  readonly bindings: Binding[] = [];
  readonly operands: Record<string, Pick<Operand, "offset" | "strides">> = {};

  /** Adds an operand; `place` is what it is called among the parameters. */
  add(
    name: string,
    operand: Operand | undefined,
    access: Binding["access"] = "in",
    place: string = name,
    fours: boolean = false,
  ): this {
    if (operand === undefined) return this;
    this.bindings.push({ ...bind(name, operand, access), fours });
    this.operands[place] = operand;
    return this;
  }

  /** Adds a buffer of bare words. */
  words(name: string, buffer: DeviceBuffer | undefined, access: Binding["access"] = "in"): this {
    if (buffer !== undefined) this.bindings.push({ name, buffer, dtype: "words", access });
    return this;
  }

  /** Adds the status words. */
  status({ status }: Planner): this {
    this.bindings.push({ ...status, name: "status", dtype: "atomics", access: "both" });
    return this;
  }
}
