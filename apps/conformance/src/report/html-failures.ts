import { breakable, html, type Markup } from "./markup.ts";
import { count, counted, offBy } from "./numbers.ts";
import type { ConformanceReport, Failure, LaneReport, Stage, WrongElement } from "./report.ts";
import { STAGES } from "./verdict.ts";

/** This many of a lane's failures are open from the start, and this many are listed before the rest is folded away. */
const OPEN = 3;
const LISTED = 25;

/** Every failure of every lane; nothing where there is none. */
export function failureSection({ lanes }: ConformanceReport): Markup | undefined {
  if (lanes.every((lane) => lane.failures.length === 0)) return undefined;
  return html`<section id="failures" aria-labelledby="failures-title">
    <h2 id="failures-title">Failures</h2>
    ${lanes.map((lane, i) => (lane.failures.length === 0 ? undefined : laneFailures(lane, i)))}
  </section>`;
}

function laneFailures({ lane, failures }: LaneReport, laneIndex: number): Markup {
  const items = failures.map((failure, i) =>
    failureItem(failure, { id: `failure-${laneIndex}-${i}`, isOpen: i < OPEN }),
  );
  const rest = items.slice(LISTED);
  return html`<h3>${lane} <span class="count">${counted(failures.length, "failure")}</span></h3>
    ${stageTally(failures)} ${items.slice(0, LISTED)}
    ${
      rest.length === 0
        ? undefined
        : html`<details class="more">
            <summary>${count(rest.length)} more</summary>
            ${rest}
          </details>`
    }`;
}

/** How many failed at what, so that one cause behind many failures shows. */
function stageTally(failures: readonly Failure[]): Markup {
  const stages = (Object.keys(STAGES) as Stage[]).map((stage) => ({
    stage,
    failed: failures.filter((failure) => failure.stage === stage).length,
  }));
  const entries = stages
    .filter(({ failed }) => failed > 0)
    .map(
      ({ stage, failed }) =>
        html`<li>
          <span class="stage">${stage}</span> <b>${count(failed)}</b> <span class="small">${STAGES[stage]}</span>
        </li>`,
    );
  return html`<ul class="tally">
    ${entries}
  </ul>`;
}

interface ItemContext {
  readonly id: string;
  readonly isOpen: boolean;
}

function failureItem(failure: Failure, { id, isOpen }: ItemContext): Markup {
  const { address, stage, output, message, command } = failure;
  return html`<details class="failure" ${isOpen ? html`open` : undefined}>
    <summary><span class="stage">${stage}</span> <span class="address">${breakable(address)}</span></summary>
    <div class="body" id="${id}">
      <p>${output === undefined ? undefined : html`<code class="output">${output}</code> `}${message}</p>
      ${failure.wrong.length === 0 ? undefined : elementTable(failure)}
      <p class="label">Run it again</p>
      <pre><code>${breakable(command)}</code></pre>
    </div>
  </details>`;
}

function elementTable({ wrong, wrongCount }: Failure): Markup {
  return html`<div class="scroll">
    <table class="elements">
      <caption>
        ${elementCaption(wrong.length, wrongCount)}
      </caption>
      <thead>
        <tr>
          <th scope="col">index</th>
          <th scope="col">row</th>
          <th scope="col">class</th>
          <th scope="col">got</th>
          <th scope="col">expected</th>
          <th scope="col">off by</th>
          <th scope="col">allowed</th>
        </tr>
      </thead>
      <tbody>
        ${wrong.map(elementRow)}
      </tbody>
    </table>
  </div>`;
}

function elementCaption(shown: number, wrong: number): string {
  const which = shown === 1 ? "" : `${count(shown)} `;
  if (shown < wrong) return `The first ${which}of ${count(wrong)} wrong elements`;
  return shown === 1 ? "The wrong element" : `The ${which}wrong elements`;
}

function elementRow({ index, row, class: column, got, expected, allowed }: WrongElement): Markup {
  return html`<tr>
    <th scope="row">${index}</th>
    <td>${row ?? "–"}</td>
    <td>${column ?? "–"}</td>
    <td class="got">${got}</td>
    <td>${expected}</td>
    <td>${offBy(got, expected) ?? "–"}</td>
    <td>± ${allowed}</td>
  </tr>`;
}
