import type { CalibrationResult } from "../../metrics/calibration.ts";
import type { ClassResult } from "../../metrics/classes.ts";
import type { HistogramBin } from "../../metrics/log-histogram.ts";
import { percent } from "../evaluation-text.ts";
import { count, significant } from "../numbers.ts";
import { type Child, element, type Markup, picture } from "./markup.ts";

// Drawn by hand, so that a page needs no script and no library. Colours are classes of the page's style.

const WIDTH = 420;
const PLOT = { left: 44, top: 10, width: 366, height: 220 };
const BOTTOM = PLOT.top + PLOT.height;

/** Accuracy by confidence, beside the diagonal on which they agree; below, how many rows there are. */
export function reliabilityDiagram({ bins, expectedError }: CalibrationResult): Markup {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const x = (share: number): number => PLOT.left + share * PLOT.width;
  const y = (share: number): number => BOTTOM - share * PLOT.height;
  const shares = BOTTOM + 34;
  const bars = bins.flatMap((bin) => {
    if (bin.count === 0) return [];
    const [left, width] = [x(bin.from) + 1, x(bin.to) - x(bin.from) - 2];
    const about = `${percent(bin.from)} to ${percent(bin.to)}: confidence ${percent(bin.confidence)}, accuracy ${percent(bin.accuracy)}, ${count(bin.count)} rows`;
    const [low, high] = [Math.min(bin.accuracy, bin.confidence), Math.max(bin.accuracy, bin.confidence)];
    const rows = (bin.count / most) * 28;
    return [
      element(
        "g",
        {},
        element("title", {}, about),
        rectangle("near", { x: left, y: y(bin.accuracy), width, height: bin.accuracy * PLOT.height }),
        rectangle("gap", { x: left, y: y(high), width, height: (high - low) * PLOT.height }),
        rectangle("soft", { x: left, y: shares + 28 - rows, width, height: rows }),
      ),
    ];
  });
  return picture(
    {
      width: WIDTH,
      height: shares + 48,
      description: `Accuracy by confidence; expected calibration error ${percent(expectedError)}`,
    },
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      line("grid", [PLOT.left, y(share), PLOT.left + PLOT.width, y(share)]),
      label(percentTick(share), { x: PLOT.left - 6, y: y(share) + 4, anchor: "end" }),
      label(percentTick(share), { x: x(share), y: BOTTOM + 16, anchor: share === 1 ? "end" : "middle" }),
    ]),
    ...bars,
    line("diagonal", [x(0), y(0), x(1), y(1)]),
    label("rows by confidence", { x: PLOT.left, y: shares + 42, anchor: "start" }),
  );
}

/** Losses by size, on a logarithmic scale with two bars for each power of two. */
export function lossHistogram(bins: readonly HistogramBin[]): Markup {
  const columns = lossColumns(bins);
  const most = Math.max(1, ...columns.map((column) => column.count));
  const step = PLOT.width / Math.max(1, columns.length);
  const every = Math.ceil(columns.length / 6);
  const drawn = columns.flatMap((column, i) => {
    const height = (column.count / most) * PLOT.height;
    const left = PLOT.left + i * step;
    const tick = i % every === 0 ? [label(column.tick, { x: left, y: BOTTOM + 16, anchor: "start" })] : [];
    const about = `${column.name} nats: ${count(column.count)} rows`;
    const bar = rectangle("near", { x: left + 0.5, y: BOTTOM - height, width: Math.max(1, step - 1), height });
    return [element("g", {}, element("title", {}, about), bar), ...tick];
  });
  const total = columns.reduce((sum, column) => sum + column.count, 0);
  return picture(
    { width: WIDTH, height: BOTTOM + 24, description: `Losses of ${count(total)} rows by size, in nats` },
    ...[0.5, 1].flatMap((share) => [
      line("grid", [PLOT.left, BOTTOM - share * PLOT.height, PLOT.left + PLOT.width, BOTTOM - share * PLOT.height]),
      label(compact(share * most), { x: PLOT.left - 6, y: BOTTOM - share * PLOT.height + 4, anchor: "end" }),
    ]),
    line("axis", [PLOT.left, BOTTOM, PLOT.left + PLOT.width, BOTTOM]),
    ...drawn,
  );
}

/** Mean losses of classes, a bar each, with the accuracy beside it. */
export function classBars(classes: readonly ClassResult[]): Markup {
  const finite = classes.map(({ lossMean }) => lossMean).filter(Number.isFinite);
  const most = Math.max(1e-300, ...finite);
  const [left, room, height] = [64, 210, 22];
  const bars = classes.map((each, i) => {
    const top = i * height;
    const size = Number.isFinite(each.lossMean) ? Math.max(0, each.lossMean / most) : 1;
    const note = `${significant(each.lossMean, 3)} · ${percent(each.accuracy)}`;
    return element(
      "g",
      {},
      element("title", {}, `class ${each.class}: ${count(each.count)} rows, precision ${percent(each.precision)}`),
      label(String(each.class), { x: left - 8, y: top + 15, anchor: "end" }),
      rectangle("near", { x: left, y: top + 3, width: Math.max(1, size * room), height: height - 6 }),
      label(note, { x: left + size * room + 6, y: top + 15, anchor: "start" }),
    );
  });
  return picture(
    {
      width: WIDTH,
      height: Math.max(1, classes.length) * height + 4,
      description: `Mean losses of the ${classes.length} worst classes, in nats, and their accuracy`,
    },
    ...bars,
  );
}

/** A column of the histogram: what stands below it, and its place in words. */
interface Column {
  readonly tick: string;
  readonly name: string;
  readonly count: number;
}

/** Bins put together in half powers of two; what is not above 0, or not finite, has a column of its own. */
function lossColumns(bins: readonly HistogramBin[]): Column[] {
  const halves = new Map<number, number>();
  let [notAbove, infinite] = [0, 0];
  for (const bin of bins) {
    if (bin.to <= 0) notAbove += bin.count;
    else if (bin.to === Infinity) infinite += bin.count;
    else {
      const half = Math.floor(Math.log2(bin.from * (1 + 1e-9)) * 2);
      halves.set(half, (halves.get(half) ?? 0) + bin.count);
    }
  }
  const keys = [...halves.keys()];
  const [first, last] = [Math.min(...keys), Math.max(...keys)];
  const columns =
    keys.length === 0 ? [] : Array.from({ length: last - first + 1 }, (_, i) => columnOf(first + i, halves));
  const extra = (tick: string, size: number): Column[] => (size > 0 ? [{ tick, name: tick, count: size }] : []);
  return [...extra("≤ 0", notAbove), ...columns, ...extra("∞", infinite)];
}

function columnOf(half: number, halves: ReadonlyMap<number, number>): Column {
  const [from, to] = [2 ** (half / 2), 2 ** ((half + 1) / 2)].map((edge) => significant(edge, 2));
  return { tick: from ?? "", name: `${from ?? ""} to ${to ?? ""}`, count: halves.get(half) ?? 0 };
}

function rectangle(kind: string, box: Readonly<Record<"x" | "y" | "width" | "height", number>>): Markup {
  return element("rect", { class: kind, ...rounded(box) });
}

function line(kind: string, [x1, y1, x2, y2]: readonly [number, number, number, number]): Markup {
  return element("line", { class: kind, ...rounded({ x1, y1, x2, y2 }) });
}

function label(
  text: Child,
  { x, y, anchor }: { readonly x: number; readonly y: number; readonly anchor: string },
): Markup {
  return element("text", { ...rounded({ x, y }), "text-anchor": anchor }, text);
}

function rounded(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.round(value * 10) / 10]));
}

function percentTick(share: number): string {
  return `${share * 100} %`;
}

function compact(value: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}
