/** The look of the benchmarks' report: the same colours, told apart by people with every kind of colour vision. */
export const STYLE: string = `
:root { color-scheme: light dark; --page: #f6f7f9; --surface: #fff; --ink: #181b22; --soft: #565d6b; --line: #dde0e7;
  --near: #2a78b8; --far: #b98a00; --mono: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root { --page: #101217; --surface: #181b22; --ink: #e7e9ee; --soft: #a0a7b5;
  --line: #2d323d; --near: #5aa9e6; --far: #e0b13a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Open Sans", "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
header, main { max-width: 1120px; margin-inline: auto; padding-inline: clamp(16px, 3vw, 40px); }
header { padding-top: 40px; }
main { padding-bottom: 80px; }
h1, h2, p, dl, dd, figure { margin: 0; }
h1 { font-size: clamp(24px, 3.4vw, 36px); line-height: 1.2; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 18px; letter-spacing: -0.01em; }
.soft { color: var(--soft); font-size: 13px; }
.overline { margin-bottom: 8px; color: var(--soft); font-size: 13px; letter-spacing: 0.04em; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr)); gap: 16px; margin: 28px 0 16px; }
.tiles > div, figure { padding: 16px 18px; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles b { display: block; font-size: 26px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
figure { display: flex; flex-direction: column; gap: 12px; min-width: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.near { fill: var(--near); }
.gap { fill: var(--far); fill-opacity: 0.45; }
rect.soft { fill: var(--soft); fill-opacity: 0.6; }
.grid { stroke: var(--line); }
.axis { stroke: var(--soft); }
.diagonal { stroke: var(--ink); stroke-dasharray: 5 4; }
section { margin-top: 40px; }
section h2 { margin-bottom: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 5px 16px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 500; }
th, td { white-space: nowrap; }
.settings td { white-space: normal; overflow-wrap: anywhere; }
.confusion { font-size: 12px; }
.confusion th, .confusion td { padding: 3px 5px; border: 1px solid var(--line); text-align: right; font-weight: 500; }
.confusion .right { color: var(--soft); }
${[1, 2, 3, 4, 5].map((share) => `.heat${share} { background: color-mix(in srgb, var(--far) ${share * 14}%, transparent); }`).join("\n")}
`;
