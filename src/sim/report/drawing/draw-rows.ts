import {isFolded, lastAtMost} from './axis.js';
import {columnsIn, type View} from './draw-chain.js';
import {drawRequest, requestText} from './draw-requests.js';
import {drawUser, type Layers, userText} from './draw-users.js';
import {foldX, type Row, type Scene} from './scene.js';
import {escapeText, fitText, px, textWidth, thousands} from './text.js';

/** Indices of the rows that a view touches, the last one excluded. */
function rowsIn({tops, rows}: Scene, {top, bottom}: View): [first: number, end: number] {
  const first = Math.max(
    0,
    lastAtMost(tops, top, (y) => y),
  );
  return [
    first,
    rows.length === 0
      ? 0
      : Math.max(
          first,
          lastAtMost(tops, bottom, (y) => y),
        ) + 1,
  ];
}

/** Everything to the right of the labels. */
export function drawRows(scene: Scene, view: View): Layers {
  const [first, end] = rowsIn(scene, view);
  let under = drawBands(scene, view);
  let [marks, words] = ['', ''];
  for (let i = first; i < end; i++) {
    const row = scene.rows[i]!;
    const place = {y: scene.tops[i]!, height: row.height};
    if (row.type === 'population') under += drawPopulation(scene, view, place.y + 8, row.height - 18);
    if (row.type !== 'user' && row.type !== 'request') continue;
    const layers =
      row.type === 'user' ? drawUser(scene, row.user, view, place) : drawRequest(scene, row.request, view, place);
    under += layers.under;
    marks += layers.marks;
    words += layers.words;
  }
  return {under: under + drawTears(scene, view), marks, words};
}

/** Branches that were left, and the reorgs that left them, as bands behind the rows; where a story begins, as a line. */
function drawBands({axis, seams, rowsHeight, begins}: Scene, {left, right}: View): string {
  const line = begins === undefined ? '' : `<path class="begins" d="M${px(begins)} 0V${px(rowsHeight)}"/>`;
  const bands = seams
    .filter(({from, to}) => to >= left && from <= right)
    .map(({column, from, to}) => {
      const seam = axis.lefts[column]!;
      const band = `<rect class="band" x="${px(from)}" y="0" width="${px(seam - from)}" height="${px(rowsHeight)}"/>`;
      return `${band}<rect class="seam" x="${px(seam)}" y="0" width="${px(to - seam)}" height="${px(rowsHeight)}"/>`;
    })
    .join('');
  return `${bands}${line}`;
}

/** Where blocks are left out, everything is torn. */
function drawTears(scene: Scene, view: View): string {
  const {first, last} = columnsIn(scene, view);
  const {axis, rowsHeight} = scene;
  if (axis.unit < 3) return '';
  const [top, bottom] = [Math.max(0, view.top - 16), Math.min(rowsHeight, view.bottom + 16)];
  const teeth = Math.max(0, Math.ceil((bottom - Math.floor(top / 8) * 8) / 8));
  const zigzag = Array.from({length: teeth}, (_, i) => `l${i % 2 === 0 ? 3 : -3} 4l${i % 2 === 0 ? -3 : 3} 4`).join('');
  let d = '';
  for (let i = first; i <= last; i++) {
    if (isFolded(axis.columns[i]!)) d += `M${px(foldX(axis, i))} ${px(Math.floor(top / 8) * 8)}${zigzag}`;
  }
  return d === '' ? '' : `<path class="tear-edge" d="${d}"/><path class="tear" d="${d}"/>`;
}

/** How many users there are, by state: active below, in grace on top of them. */
function drawPopulation(
  {story, xs, axis, mostUsers: most}: Scene,
  {left, right}: View,
  y: number,
  height: number,
): string {
  const first = Math.max(0, lastAtMost(xs, left, (x) => x) - 1);
  const points: {x: number; active: number; all: number}[] = [];
  for (let i = first; i < xs.length; i++) {
    const {active, grace} = story.steps[i]!;
    const next = xs[i + 1];
    // What lies within half a pixel ends as the last of it says.
    if (next !== undefined && Math.floor(next * 2) === Math.floor(xs[i]! * 2)) continue;
    points.push({x: xs[i]!, active, all: active + grace});
    if (xs[i]! > right) break;
  }
  const yOf = (count: number) => px(y + height - (count / most) * height);
  const outline = (of: (it: (typeof points)[number]) => number) =>
    points.map((it) => `H${px(it.x)}V${yOf(of(it))}`).join('');
  const last = points.length + first === xs.length ? axis.width : points.at(-1)!.x;
  const back = [...points].reverse();
  const active = `M${px(points[0]!.x)} ${yOf(0)}${outline((it) => it.active)}H${px(last)}V${yOf(0)}z`;
  const grace = `M${px(points[0]!.x)} ${yOf(points[0]!.active)}${outline((it) => it.all)}H${px(last)}${back
    .map((it) => `V${yOf(it.active)}H${px(it.x)}`)
    .join('')}z`;
  return [
    `<path class="active" d="${active}"/><path class="grace" d="${grace}"/><path class="hatch" d="${grace}"/>`,
    `<path class="scale" d="M0 ${yOf(most)}H${px(axis.width)}M0 ${yOf(0)}H${px(axis.width)}"/>`,
    `<text class="fate" x="${px(axis.width + 8)}" y="${px(y + 8)}">${thousands(most)} at most</text>`,
  ].join('');
}

/** Names, and how those whom they belong to stand at a step. */
export function drawLabels(scene: Scene, view: View, step: number): string {
  const [first, end] = rowsIn(scene, view);
  let drawn = '';
  for (let i = first; i < end; i++) drawn += drawLabel(scene, scene.rows[i]!, scene.tops[i]!, step);
  return drawn;
}

function drawLabel({labelWidth, story, namesakes}: Scene, row: Row, y: number, step: number): string {
  const width = labelWidth - 28;
  const text = (className: string, value: string, {x = 16, dy, size = 11}: {x?: number; dy: number; size?: number}) =>
    `<text class="${className}" x="${x}" y="${px(y + dy)}">${escapeText(fitText(value, width, size))}</text>`;
  const middle = row.height / 2;
  switch (row.type) {
    case 'heading':
      return [
        `<text class="heading" x="16" y="${px(y + 22)}">${escapeText(row.text)}</text>`,
        row.note === undefined ? '' : `<text class="detail" x="${labelWidth}" y="${px(y + 22)}">${row.note}</text>`,
      ].join('');
    case 'rest':
      return `<text class="detail" x="16" y="${px(y + 16)}">${escapeText(row.text)}</text>`;
    case 'population': {
      const {active, grace} = story.steps[step]!;
      return [
        text('name', `${thousands(active + grace)} users`, {dy: 30, size: 13}),
        text('detail', `${thousands(active)} active`, {dy: 48}),
        text('detail', `${thousands(grace)} in grace`, {dy: 64}),
      ].join('');
    }
    case 'user': {
      const now = userText(row.user, step);
      const title = `<title>${escapeText(`${row.user.name} (user ${row.user.id}): ${now?.long ?? 'not registered yet'}`)}</title>`;
      const wordings = now?.wordings ?? ['not registered yet', 'not yet'];
      const detail = wordings.find((it) => textWidth(it, 11) <= width) ?? wordings.at(-1)!;
      const name = namesakes.has(row.user.name) ? `${row.user.name} (user ${row.user.id})` : row.user.name;
      if (row.height < 36)
        return `<g>${title}${text(`name small ${now?.state ?? 'none'}`, name, {dy: middle + 4, size: 12})}</g>`;
      return `<g>${title}${text('name', name, {dy: middle - 2, size: 13})}${text(`detail ${now?.state ?? ''}`, detail, {dy: middle + 12})}</g>`;
    }
    case 'request': {
      const now = requestText(row.request, step);
      const title = `<title>${escapeText(`${row.request.name} (request ${row.request.id}): ${now?.long ?? 'not received yet'}`)}</title>`;
      const {name, id} = row.request;
      const numbers = namesakes.has(name) ? [` (request ${id})`, ` (${id})`] : [''];
      const number = numbers.find((it) => textWidth(name + it, 12) <= width) ?? numbers.at(-1)!;
      const said = `${fitText(name, width - textWidth(number, 12), 12)}${number}`;
      return `<g>${title}${text(now ? 'name small' : 'name small none', said, {dy: middle + 4, size: 12})}</g>`;
    }
    default:
      return row satisfies never;
  }
}
