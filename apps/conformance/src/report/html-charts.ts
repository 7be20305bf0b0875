import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { cellOf, dtypesOf, operationsOf } from "./arrange.ts";
import { html, type Markup, trusted } from "./markup.ts";
import { count } from "./numbers.ts";
import { type Cell, type ConformanceReport, HISTOGRAM_EDGES, type LaneReport } from "./report.ts";

// Drawn where the report is written, by Observable Plot on a document that linkedom provides: the page holds the
// finished pictures and no script. Colours are custom properties of the page, so that pictures follow its dark mode.

const { document } = parseHTML("<!doctype html><html><body></body></html>");

const WIDTH = 360;
const HEIGHT = 116;
/** The shares that have a line, with its label. */
const LINES = new Map([
  [1, "100%"],
  [1e-2, "1%"],
  [1e-4, "0.01%"],
  [1e-6, "1 ppm"],
  [1e-8, "0.01 ppm"],
]);

/** One bar: a bin of a dtype's histogram. */
interface Bar {
  readonly dtype: string;
  readonly bin: number;
  readonly share: number;
  readonly title: string;
}

/** How far the numbers are off, for each lane a small chart per operation; nothing where no number was compared. */
export function histogramSection({ lanes }: ConformanceReport): Markup | undefined {
  const drawn = lanes.filter((lane) => lane.cells.length > 0);
  if (drawn.length === 0) return undefined;
  return html`<section id="histograms" aria-labelledby="histograms-title">
    <h2 id="histograms-title">Errors in ULP</h2>
    <p class="intro">
      The share of output numbers that are so many units in the last place from the oracle. The leftmost bar is
      <b>exactly right</b>, then come those up to ${edgeWords()} ULP, and all beyond. Shares are on a logarithmic scale,
      so that a few numbers far off show among millions.
    </p>
    <ul class="legend">
      <li><span class="swatch near" aria-hidden="true"></span> at most 1 ULP</li>
      <li><span class="swatch far" aria-hidden="true"></span> at most 16 ULP</li>
      <li><span class="swatch farthest" aria-hidden="true"></span> beyond</li>
    </ul>
    ${drawn.map(laneCharts)}
  </section>`;
}

function edgeWords(): string {
  return HISTOGRAM_EDGES.filter((edge) => edge > 0 && Number.isFinite(edge)).join(", ");
}

function laneCharts(lane: LaneReport): Markup {
  const floor = floorOf(lane);
  const charts = operationsOf([lane]).map(
    (operation) =>
      html`<figure class="chart">
        <figcaption>${operation}</figcaption>
        ${chart(lane, operation, floor)}
      </figure>`,
  );
  return html`<details class="fold" open>
    <summary>${lane.lane}</summary>
    <div class="charts">${charts}</div>
  </details>`;
}

/** Where the bars of a lane begin: a decade or more below its smallest share, so that each bar has a height. */
function floorOf(lane: LaneReport): number {
  const shares = lane.cells.flatMap(sharesOf).filter((share) => share > 0);
  const smallest = shares.reduce((least, share) => Math.min(least, share), 1e-3);
  return 10 ** (Math.floor(Math.log10(smallest)) - 1);
}

function sharesOf({ histogram }: Cell): number[] {
  const total = histogram.reduce((sum, each) => sum + each, 0);
  return histogram.map((each) => (total === 0 ? 0 : each / total));
}

function barsOf(cell: Cell): Bar[] {
  const shares = sharesOf(cell);
  return shares.flatMap((share, bin) => {
    const title = `${cell.dtype}, ${binName(bin)}: ${percent(share)}, ${count(cell.histogram[bin] ?? 0)} numbers`;
    return share > 0 ? [{ dtype: cell.dtype, bin, share, title }] : [];
  });
}

function binName(bin: number): string {
  const edge = HISTOGRAM_EDGES[bin] ?? Infinity;
  if (edge === 0) return "exactly right";
  return Number.isFinite(edge) ? `at most ${edge} ULP` : `more than ${HISTOGRAM_EDGES[bin - 1] ?? 0} ULP`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

function chart(lane: LaneReport, operation: string, floor: number): Markup {
  const dtypes = dtypesOf(lane);
  const cells = dtypes.flatMap((dtype) => cellOf(lane, operation, dtype) ?? []);
  const bars = cells.flatMap(barsOf);
  const blank = dtypes.filter((dtype) => bars.every((bar) => bar.dtype !== dtype));
  const picture = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginTop: 18,
    marginRight: 2,
    marginBottom: 18,
    marginLeft: 46,
    fx: { domain: dtypes, label: null, padding: 0.08 },
    x: { domain: HISTOGRAM_EDGES.map((_edge, bin) => bin), padding: 0.16, label: null },
    y: { type: "log", domain: [floor, 1], label: null },
    marks: marks({ bars, blank, floor }),
  });
  picture.setAttribute("aria-hidden", "true");
  picture.querySelector("style")?.remove(); // html-lists.css has it once for all charts
  // The words are outside of the picture: linkedom escapes texts in full, and of attributes only the quotes.
  return html`<div role="img" aria-label="${inWords(operation, bars)}">${trusted(picture.outerHTML)}</div>`;
}

interface Marked {
  readonly bars: readonly Bar[];
  /** The dtypes without a number. */
  readonly blank: readonly string[];
  readonly floor: number;
}

function marks({ bars, blank, floor }: Marked): Plot.Markish[] {
  const lines = [...LINES.keys()].filter((share) => share >= floor);
  return [
    Plot.axisY(lines, { tickFormat: (share: number) => LINES.get(share) ?? "", tickSize: 0, fillOpacity: 0.7 }),
    Plot.gridY(lines, { strokeOpacity: 0.14 }),
    Plot.axisFx({ anchor: "top", tickSize: 0, fontWeight: "bold" }),
    Plot.axisX(namedBins(), { tickFormat: binTick, tickSize: 0, tickPadding: 4, fillOpacity: 0.7 }),
    Plot.barY([...bars], { fx: "dtype", x: "bin", y1: floor, y2: "share", fill: colour, title: "title" }),
    Plot.text([...blank], {
      fx: (dtype: string) => dtype,
      text: () => "no numbers",
      frameAnchor: "middle",
      fillOpacity: 0.6,
    }),
    Plot.ruleY([floor], { strokeOpacity: 0.4 }),
  ];
}

/** The bins with a label: there is no room for all. */
function namedBins(): number[] {
  const named = new Set([0, 1, 8, Infinity]);
  return HISTOGRAM_EDGES.flatMap((edge, bin) => (named.has(edge) ? [bin] : []));
}

function binTick(bin: number): string {
  const edge = HISTOGRAM_EDGES[bin] ?? Infinity;
  return Number.isFinite(edge) ? String(edge) : `>${HISTOGRAM_EDGES[bin - 1] ?? 0}`;
}

function colour({ bin }: Bar): string {
  const edge = HISTOGRAM_EDGES[bin] ?? Infinity;
  return edge <= 1 ? "var(--near)" : edge <= 16 ? "var(--far)" : "var(--farthest)";
}

function inWords(operation: string, bars: readonly Bar[]): string {
  return `Errors of ${operation}. ${bars.map(({ title }) => title).join("; ")}`;
}
