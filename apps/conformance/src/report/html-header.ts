import { breakable, type Content, html, type Markup } from "./markup.ts";
import { count, counted, duration, minute } from "./numbers.ts";
import type { ConformanceReport, LaneReport, Totals } from "./report.ts";
import { laneVerdict, reportVerdict, sumTotals } from "./verdict.ts";

/** The verdict, what was run when on what, and the totals. */
export function headerSection(report: ConformanceReport): Markup {
  const { passed, reason } = reportVerdict(report);
  const { runtime, created, command } = report;
  return html`<header class="${passed ? "passed" : "failed"}">
    <p class="overline">Surprisal · conformance with PyTorch</p>
    <h1><span class="mark" aria-hidden="true">${passed ? "✓" : "✕"}</span> ${reason}</h1>
    <p class="facts">
      <span>${runtime}</span> <span><time datetime="${created}">${minute(created)}</time></span>
      <code>${breakable(command)}</code>
    </p>
    ${totalsList(sumTotals(report))} ${navigation(report)}
  </header>`;
}

function totalsList(totals: Totals): Markup {
  const entry = (value: number, name: string, kind: string): Markup =>
    html`<div class="${value === 0 ? "zero" : kind}">
      <dt>${name}</dt>
      <dd>${count(value)}</dd>
    </div>`;
  return html`<dl class="totals">
    ${entry(totals.cases, "cases", "")} ${entry(totals.passed, "passed", "pass")}
    ${entry(totals.failed, "failed", "fail")} ${entry(totals.refused, "refused", "refused")}
    ${entry(totals.numbers, "numbers compared", "")}
  </dl>`;
}

function navigation({ lanes }: ConformanceReport): Markup {
  const failures = lanes.reduce((sum, lane) => sum + lane.failures.length, 0);
  const refusals = lanes.some((lane) => lane.refusals.length > 0);
  const cells = lanes.some((lane) => lane.cells.length > 0);
  return html`<nav aria-label="Sections">
    <a href="#lanes">Lanes</a>
    ${cells ? html`<a href="#matrix">Matrix</a>` : undefined}
    ${failures > 0 ? html`<a href="#failures">Failures <b>${count(failures)}</b></a>` : undefined}
    ${refusals ? html`<a href="#refusals">Refusals</a>` : undefined}
    ${cells ? html`<a href="#histograms">Errors in ULP</a> <a href="#worst">Worst cases</a>` : undefined}
  </nav>`;
}

/** A card for each lane: its verdict, its counts as a bar, and what the backend says of itself. */
export function laneSection({ lanes }: ConformanceReport): Markup {
  return html`<section id="lanes" aria-labelledby="lanes-title">
    <h2 id="lanes-title">Lanes</h2>
    <p class="intro">A lane is one backend, given all cases. It passes if cases ran, some passed and none failed.</p>
    <ul class="cards">
      ${lanes.map((lane, i) => laneCard(lane, `lane-${i}`))}
    </ul>
    ${lanes.length === 0 ? html`<p class="problem">No lane ran.</p>` : undefined}
  </section>`;
}

function laneCard(lane: LaneReport, id: string): Markup {
  const { passed, reason } = laneVerdict(lane);
  const { cases, numbers } = lane.totals;
  return html`<li class="card ${passed ? "passed" : "failed"}" id="${id}">
    <h3>
      <span class="mark" aria-hidden="true">${passed ? "✓" : "✕"}</span>
      <span class="name">${lane.lane}</span> <span class="verdict">${passed ? "passes" : "fails"}</span>
    </h3>
    <p class="reason">${reason}</p>
    ${cases > 0 ? proportions(lane.totals) : undefined}
    <p class="small">${counted(cases, "case")} · ${counted(numbers, "number")} · ${duration(lane.seconds)}</p>
    ${backendList(lane.backend)}
  </li>`;
}

function proportions({ cases, passed, failed, refused }: Totals): Markup {
  const part = (kind: string, value: number): Markup | undefined =>
    value > 0 ? html`<span class="${kind}" style="flex-grow: ${value}"></span>` : undefined;
  const label = `${count(passed)} passed, ${count(failed)} failed, ${count(refused)} refused of ${count(cases)}`;
  return html`<div class="proportions" role="img" aria-label="${label}" title="${label}">
    ${part("pass", passed)}${part("fail", failed)}${part("refused", refused)}
  </div>`;
}

function backendList(backend: LaneReport["backend"]): Content {
  const entries = Object.entries(backend);
  if (entries.length === 0) return undefined;
  return html`<dl class="backend">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${describe(value)}</dd>
        </div>`,
    )}
  </dl>`;
}

function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(describe).join(", ");
  return JSON.stringify(value) ?? "–";
}
