/** Each colour by day and by night. Text and marks keep 4.5:1 and 3:1 against what they stand on; a test measures it. */
const colours: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ground: ['#f6f7f9', '#0e1116'],
  panel: ['#ffffff', '#161b22'],
  raised: ['#eef1f5', '#1f2630'],
  line: ['#d5dae2', '#313a47'],
  ink: ['#161b26', '#e9edf3'],
  dim: ['#566072', '#9ba7b8'],
  accent: ['#2459c4', '#86b0ff'],
  block: ['#33415c', '#b4c2d9'],
  stale: ['#6f7b8f', '#8390a4'],
  active: ['#8fb4ee', '#2f5ca8'],
  used: ['#2459c4', '#86b0ff'],
  grace: ['#f3cf7e', '#7d5a12'],
  hatch: ['#9a6200', '#f0c366'],
  good: ['#0f7040', '#56d08f'],
  warn: ['#8a5300', '#f0c366'],
  bad: ['#bb1f2e', '#ff8b8f'],
  band: ['#7a869a1c', '#8fa0ba1f'],
  seam: ['#7a869a33', '#8fa0ba38'],
};

const theme = (i: 0 | 1): string =>
  Object.entries(colours)
    .map(([name, pair]) => `--${name}:${pair[i]}`)
    .join(';');

/** The colours as variables of `root`: as the reader's system has it, or as he chooses. */
export const themeStyle = (root: string): string =>
  [
    `${root}{${theme(0)};color-scheme:light}`,
    `@media (prefers-color-scheme:dark){${root}{${theme(1)};color-scheme:dark}}`,
  ].join('\n');

export const switchStyle = `:root[data-theme=light]{${theme(0)};color-scheme:light}
:root[data-theme=dark]{${theme(1)};color-scheme:dark}`;

export const fonts = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/** What the still picture and the page share. */
export const drawingStyle = `
.drawing text{${fonts};fill:var(--ink);font-variant-numeric:tabular-nums}
.drawing .sheet{fill:var(--panel)}
.drawing .title{font-size:20px;font-weight:700}
.drawing .edge,.drawing .break{fill:none;stroke:var(--block);stroke-width:2}
.drawing .edge.stale{stroke:var(--stale);stroke-width:1.5;stroke-dasharray:3 3}
.drawing .block{fill:var(--block)}
.drawing .block.stale{fill:var(--panel);stroke:var(--stale);stroke-width:1.5}
.drawing .break{stroke-width:1.5}
.drawing .count,.drawing .height{font-size:10.5px;text-anchor:middle;fill:var(--dim)}
.drawing .height{fill:var(--ink)}
.drawing .height.stale{fill:var(--dim);font-style:italic}
.drawing .seam-tag{fill:var(--panel);stroke:var(--stale);stroke-width:1.2}
.drawing .seam-text{font-size:11px;font-weight:600;text-anchor:middle}
.drawing .begins{fill:none;stroke:var(--accent);stroke-width:1.5;stroke-dasharray:6 3}
.drawing .begins-text{font-size:11px;font-weight:600;fill:var(--accent)}
.drawing .band{fill:var(--band)}
.drawing .seam{fill:var(--seam)}
.drawing .tear{fill:none;stroke:var(--panel);stroke-width:5}
.drawing .tear-edge{fill:none;stroke:var(--line);stroke-width:7}
.drawing .active{fill:var(--active)}
.drawing .grace{fill:var(--grace)}
.drawing .hatch{fill:url(#hatch)}
.drawing .hatching{stroke:var(--hatch);stroke-width:1.6}
.drawing .used{fill:var(--used)}
.drawing .gone{fill:none;stroke:var(--bad);stroke-width:1.2;stroke-dasharray:2 4}
.drawing .scale{fill:none;stroke:var(--line)}
.drawing .ahead{fill:none;stroke:var(--dim);stroke-width:1.6}
.drawing .lane{fill:none;stroke-width:6}
.drawing .lane.waiting{stroke:var(--stale);stroke-width:2;stroke-dasharray:1 3}
.drawing .lane.asked{stroke:var(--active)}
.drawing .lane.answered{stroke:var(--used)}
.drawing .fate{font-size:11px;fill:var(--dim)}
.drawing .fate.good{fill:var(--good)}.drawing .fate.warn{fill:var(--warn)}.drawing .fate.bad{fill:var(--bad)}
.drawing .verdict{font-size:13px;font-weight:600}
.drawing .fate,.drawing .heading,.drawing .count,.drawing .height,.drawing .begins-text{paint-order:stroke;stroke:var(--panel);stroke-width:3px;stroke-linejoin:round}
.drawing .seam-glyph{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.drawing .heading{font-size:12px;font-weight:700;letter-spacing:.02em}
.drawing .name{font-size:13px;font-weight:600}
.drawing .name.small{font-size:12px;font-weight:500}
.drawing .detail{font-size:11px;fill:var(--dim)}
.drawing .detail.grace,.drawing .name.grace{fill:var(--warn)}
.drawing .detail.active,.drawing .name.active{fill:var(--ink)}
.drawing .detail.active{fill:var(--dim)}
.drawing .detail.deleted,.drawing .name.deleted{fill:var(--bad)}
.drawing .name.none{fill:var(--dim);font-weight:400}
.mark .s{stroke:var(--panel);stroke-width:1.2}
.mark .g{fill:none;stroke:var(--panel);stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.mark.plain .s{fill:var(--used)}.mark.good .s{fill:var(--good)}.mark.warn .s{fill:var(--warn)}
.mark.bad .s{fill:var(--bad)}.mark.quiet .s{fill:var(--stale)}
.mark.hollow .s{fill:var(--panel);stroke:var(--used);stroke-width:1.6}.mark.hollow .g{stroke:var(--used)}
.mark.dot .g{stroke-width:2}.mark.dot.good .g{stroke:var(--good)}.mark.dot.warn .g{stroke:var(--warn)}
`;
