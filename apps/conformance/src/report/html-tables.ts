import { refusalReasons } from "./arrange.ts";
import { breakable, type Content, html, type Markup } from "./markup.ts";
import { count, decimal } from "./numbers.ts";
import type { Cell, ConformanceReport, Extreme, LaneReport } from "./report.ts";

/** What the backends say they cannot run, by reason; nothing where they run all. */
export function refusalSection({ lanes }: ConformanceReport): Markup | undefined {
  if (lanes.every((lane) => lane.refusals.length === 0)) return undefined;
  return html`<section id="refusals" aria-labelledby="refusals-title">
    <h2 id="refusals-title">Refusals</h2>
    <div class="scroll">
      <table class="list">
        <caption>
          Cases that a backend declares it cannot run. They are neither passed nor failed.
        </caption>
        <thead>
          <tr>
            <th scope="col">lane</th>
            <th scope="col">reason</th>
            <th scope="col">operations</th>
            <th scope="col" class="number">cases</th>
          </tr>
        </thead>
        <tbody>
          ${lanes.flatMap(refusalRows)}
        </tbody>
      </table>
    </div>
  </section>`;
}

function refusalRows({ lane, refusals }: LaneReport): Markup[] {
  return refusalReasons(refusals).map(
    ({ reason, cases, operations }) =>
      html`<tr>
        <th scope="row">${lane}</th>
        <td class="reason">${reason}</td>
        <td class="small">${operations.join(", ")}</td>
        <td class="number">${count(cases)}</td>
      </tr>`,
  );
}

/** The case behind each number of the matrix, folded away: long, and looked up rather than read. */
export function worstSection({ lanes }: ConformanceReport): Markup | undefined {
  if (lanes.every((lane) => lane.cells.length === 0)) return undefined;
  return html`<section id="worst" aria-labelledby="worst-title">
    <h2 id="worst-title">Worst cases</h2>
    <p class="intro">The cases behind the numbers of the matrix.</p>
    ${lanes.filter((lane) => lane.cells.length > 0).map(worstTable)}
  </section>`;
}

function worstTable({ lane, cells }: LaneReport): Markup {
  return html`<details class="fold">
    <summary>${lane}</summary>
    <div class="scroll">
      <table class="list">
        <caption>
          Worst cases of ${lane}
        </caption>
        <thead>
          <tr>
            <th scope="col">operation</th>
            <th scope="col">dtype</th>
            <th scope="col" class="number">ULP</th>
            <th scope="col">farthest from the oracle</th>
            <th scope="col" class="number">× PyTorch</th>
            <th scope="col">worst beside PyTorch</th>
          </tr>
        </thead>
        <tbody>
          ${cells.filter(({ worst, peer }) => worst !== undefined || peer !== undefined).map(worstRow)}
        </tbody>
      </table>
    </div>
  </details>`;
}

function worstRow({ operation, dtype, worst, peer }: Cell): Markup {
  return html`<tr>
    <th scope="row">${operation}</th>
    <td>${dtype}</td>
    ${extremeCells(worst)}${extremeCells(peer)}
  </tr>`;
}

function extremeCells(extreme: Extreme | undefined): Content {
  if (extreme === undefined)
    return html`<td class="number">–</td>
      <td></td>`;
  return html`<td class="number">${decimal(extreme.value)}</td>
    <td class="address">${breakable(extreme.address)}</td>`;
}
