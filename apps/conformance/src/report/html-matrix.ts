import { cellOf, dtypesOf, operationsOf } from "./arrange.ts";
import { type Content, html, type Markup } from "./markup.ts";
import { count, decimal } from "./numbers.ts";
import type { Cell, ConformanceReport, LaneReport } from "./report.ts";
import { cellState, type CellState, laneVerdict, PEER_LIMIT } from "./verdict.ts";

const STATES: Readonly<Record<CellState, { readonly glyph: string; readonly name: string }>> = {
  pass: { glyph: "✓", name: "passed" },
  fail: { glyph: "✕", name: "failed" },
  refused: { glyph: "⊘", name: "refused" },
  void: { glyph: "○", name: "passed, but the lane has a problem" },
  none: { glyph: "–", name: "no case" },
};

/** Operations by lanes and dtypes; nothing where no lane has a cell. */
export function matrixSection({ lanes }: ConformanceReport): Markup | undefined {
  const operations = operationsOf(lanes);
  if (operations.length === 0) return undefined;
  return html`<section id="matrix" aria-labelledby="matrix-title">
    <h2 id="matrix-title">Matrix</h2>
    ${legend(lanes)}
    <div class="scroll" role="region" aria-labelledby="matrix-title" tabindex="0">
      <table class="matrix">
        <caption>
          Operations by lane and dtype: cases, worst error in ULP, and error relative to PyTorch’s own.
        </caption>
        ${columnGroups(lanes)} ${head(lanes)}
        <tbody>
          ${operations.map((operation, i) => row(operation, { lanes, operations: i === 0 ? operations.length : 0 }))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function legend(lanes: readonly LaneReport[]): Markup {
  const used = new Set<string>(lanes.flatMap((lane) => lane.cells.map((cell) => cellState(cell, lane))));
  const states = Object.entries(STATES)
    .filter(([state]) => state === "none" || used.has(state))
    .map(
      ([state, { glyph, name }]) =>
        html`<li><span class="swatch ${state}" aria-hidden="true">${glyph}</span> ${name}</li>`,
    );
  return html`<ul class="legend">
      ${states}
    </ul>
    <p class="intro">
      In each cell: the cases; the largest distance from the oracle, in units in the last place; and the largest error
      relative to PyTorch’s own in the same case. <b>×1</b> is as good as PyTorch, and less is better; more than
      <b>×${PEER_LIMIT}</b> and one unit fails. The bar shows the same: its tick is ×1, its end ×${PEER_LIMIT}.
    </p>`;
}

function columnGroups(lanes: readonly LaneReport[]): Content {
  const groups = lanes.map((lane) => html`<colgroup span="${columnsOf(lane)}"></colgroup>`);
  return html`<colgroup></colgroup>
    ${groups}`;
}

function columnsOf(lane: LaneReport): number {
  return Math.max(1, dtypesOf(lane).length);
}

function head(lanes: readonly LaneReport[]): Markup {
  const names = lanes.map((lane) => {
    const { passed } = laneVerdict(lane);
    const mark = html`<span class="mark" aria-hidden="true">${passed ? "✓" : "✕"}</span>`;
    const said = html`<span class="unseen">${passed ? "passes" : "fails"}</span>`;
    const content = html`${mark} ${lane.lane} ${said}`;
    const classes = `lane first ${passed ? "passed" : "failed"}`;
    return html`<th scope="colgroup" colspan="${columnsOf(lane)}" class="${classes}"><div>${content}</div></th>`;
  });
  const dtypes = lanes.map((lane) => {
    const own = dtypesOf(lane);
    if (own.length === 0) return html`<td class="first"></td>`;
    return own.map((dtype, i) => html`<th scope="col" class="${i === 0 ? "first" : ""}">${dtype}</th>`);
  });
  return html`<thead>
    <tr>
      <th scope="col" rowspan="2" class="corner">operation</th>
      ${names}
    </tr>
    <tr>
      ${dtypes}
    </tr>
  </thead>`;
}

interface RowContext {
  readonly lanes: readonly LaneReport[];
  /** How many rows there are, in the first one; else 0. A lane without cells fills its column from there. */
  readonly operations: number;
}

function row(operation: string, { lanes, operations }: RowContext): Markup {
  const cells = lanes.map((lane, laneIndex) => {
    const dtypes = dtypesOf(lane);
    if (dtypes.length === 0) return operations > 0 ? absent(`#lane-${laneIndex}`, operations) : undefined;
    return dtypes.map((dtype, i) => {
      const cell = cellOf(lane, operation, dtype);
      const failure = lane.failures.findIndex((each) => each.operation === operation && each.dtype === dtype);
      const link = failure < 0 ? undefined : `#failure-${laneIndex}-${failure}`;
      return matrixCell(cell, { state: cellState(cell, lane), isFirst: i === 0, link });
    });
  });
  return html`<tr>
    <th scope="row">${operation}</th>
    ${cells}
  </tr>`;
}

function absent(link: string, rows: number): Markup {
  return html`<td class="absent first" rowspan="${rows}">
    <span aria-hidden="true">✕</span> <a href="${link}">no case ran</a>
  </td>`;
}

interface CellContext {
  readonly state: CellState;
  /** Whether a lane's columns begin here. */
  readonly isFirst: boolean;
  readonly link: string | undefined;
}

function matrixCell(cell: Cell | undefined, { state, isFirst, link }: CellContext): Markup {
  const { glyph, name } = STATES[state];
  const classes = `cell ${state}${isFirst ? " first" : ""}`;
  const mark = html`<span class="glyph" aria-hidden="true">${glyph}</span><span class="unseen">${name}</span>`;
  if (cell === undefined || state === "none") return html`<td class="${classes}">${mark}</td>`;
  const counts = html`${mark} ${caseCount(cell, state)}`;
  return html`<td class="${classes}" title="${describe(cell)}">
    <div class="counts">${link === undefined ? counts : html`<a href="${link}">${counts}</a>`}</div>
    <div class="errors">${errors(cell)}</div>
    ${meter(cell)}
  </td>`;
}

function caseCount({ cases, failed, refused }: Cell, state: CellState): Markup {
  if (state === "refused" || (failed === 0 && refused === 0)) return html`${count(cases)}`;
  const part = state === "fail" ? failed : cases - refused;
  return html`<span class="number">${count(part)}<span class="of">/${count(cases)}</span></span>`;
}

function errors({ worst, peer }: Cell): Content {
  const ulp = worst === undefined ? undefined : html`<span>${decimal(worst.value)}<i> ULP</i></span>`;
  const ratio = peer === undefined ? undefined : html`<span>×${decimal(peer.value)}</span>`;
  return html`${ulp} ${ratio}`;
}

function meter({ peer }: Cell): Markup | undefined {
  if (peer === undefined) return undefined;
  const share = Number.isFinite(peer.value) ? Math.min(Math.max(peer.value / PEER_LIMIT, 0), 1) : 1;
  return html`<div class="meter" style="--share: ${share.toFixed(3)}" aria-hidden="true"></div>`;
}

/** All of a cell in words, for who points at it. */
function describe({ operation, dtype, cases, passed, failed, refused, worst, peer }: Cell): string {
  const lines = [
    `${operation} ${dtype}: ${count(cases)} cases, ${count(passed)} passed, ${count(failed)} failed, ${count(refused)} refused`,
    ...(worst === undefined ? [] : [`worst: ${decimal(worst.value)} ULP in ${worst.address}`]),
    ...(peer === undefined ? [] : [`×${decimal(peer.value)} PyTorch's own error in ${peer.address}`]),
  ];
  return lines.join("\n");
}
