import { expect, it } from "vitest";
import { Metrics } from "../../metrics/metrics.ts";
import { DEFAULT_METRICS } from "../../metrics/settings.ts";
import { rowBlock, type RowSpec, someRows } from "../../testing/rows.ts";
import { type Evaluation, evaluationOf } from "../evaluation.ts";
import { dataTable, element } from "./markup.ts";
import { htmlReport } from "./page.ts";

function evaluationOfRows(rows: readonly RowSpec[], indices: boolean = true): Evaluation {
  const metrics = new Metrics({ classes: 4, indices, ...DEFAULT_METRICS });
  metrics.add(rowBlock(rows));
  return evaluationOf(metrics.result(), { reduction: { reduction: "mean" } });
}

const FACTS = { title: "logits.npy", settings: [["backend", "wasm"]] } as const;

it("is one page that loads nothing and runs nothing", () => {
  const page = htmlReport(evaluationOfRows(someRows(3, 400, 4)), FACTS);
  expect(page).toContain(
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
  );
  expect(page).not.toMatch(/<script|src=|href=|url\(|https?:|@import/);
  for (const heading of ["Reliability", "Losses", "Worst classes", "Confusion", "Worst rows", "Settings"]) {
    expect(page).toContain(`<h2>${heading}</h2>`);
  }
  expect(page.match(/role="img" aria-label="[^"]+"/g)).toHaveLength(3);
});

it("holds no number that is none", () => {
  for (const rows of [[], [{ kept: false }], [{}], someRows(3, 400, 4)]) {
    const page = htmlReport(evaluationOfRows(rows), FACTS);
    expect(page).not.toMatch(/(x|y|width|height|x1|y1|x2|y2)="(NaN|-?Infinity|-[\d.]+)"/);
    expect(page).not.toContain("undefined");
  }
});

it("without classes it has neither bars nor confusion", () => {
  const page = htmlReport(
    evaluationOfRows(
      someRows(3, 40, 4).map((row) => ({ ...row, target: -1 })),
      false,
    ),
    FACTS,
  );
  expect(page).not.toContain("Worst classes");
  expect(page).not.toContain("<h2>Confusion");
});

it("says which losses are not finite, and why, where there are any", () => {
  const cause = { cause: "target-logit-minus-infinite", class: 3 } as const;
  const page = htmlReport(evaluationOfRows([{}, { loss: Infinity, target: 3, cause }, { loss: NaN }]), FACTS);
  expect(page).toContain("<h2>Losses that are not finite, by cause</h2>");
  expect(page).toContain("<td>the logit of the target is −∞, its probability 0 (class 3)</td>");
  expect(page).toContain(`<th scope="row">a logit is NaN</th><td>1</td>`);
  expect(htmlReport(evaluationOfRows([{}]), FACTS)).not.toContain("not finite");
  expect(htmlReport(evaluationOfRows([{ kept: false }]), FACTS)).toContain("the only row is left out");
});

it("what comes from outside stays text", () => {
  const evil = `"><script>alert('1')</script>&amp;`;
  const page = htmlReport(evaluationOfRows([{}]), { title: evil, settings: [[evil, evil]] });
  expect(page).not.toContain("<script");
  expect(page).toContain("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;");
  expect(element("p", { title: evil }, dataTable([evil], [[evil]])).text).not.toContain("<script");
});
