import {printable} from '../../errors/printable.js';
import type {Paint} from '../timeline/paint.js';
import type {Comparison, Fate} from './comparison.js';
import type {Life} from './lives.js';

/** Cells of a table, a row each. */
type Table = readonly (readonly string[])[];

const legend = 'A..B: known from height A on, deleted at B. +: brought back by a reorg. *: not as in the first column.';

/** A comparison in words: a row a user, a column each kind of tower. */
export function renderComparison(
  {scenario, semantics, startHeight, height, users, requests, notes, unknownSteps}: Comparison,
  columns: (rows: Table) => string[],
  paint: Paint,
): string {
  const lines = [paint('bold', printable(scenario)), `heights ${startHeight} to ${height}`, ''];
  const rows = users.map(({user, fates}) => [user, ...semantics.map((name) => fateInWords(fates[name]!))]);
  const [head = '', ...table] = columns([['user', ...semantics], ...rows]);
  lines.push(
    paint('dim', head),
    ...table.map((line, i) => (isDisputed(users[i]!.fates) ? paint('yellow', line) : line)),
  );
  lines.push('', paint('dim', legend));
  if (requests.length > 0) {
    lines.push('', 'requests that not all of them take:');
    lines.push(
      ...columns(
        requests.map(({height, request, refusals}) => [
          `  ${height}`,
          request,
          semantics.map((name) => `${name}: ${refusals[name] ?? 'taken'}`).join('; '),
        ]),
      ),
    );
  }
  if (notes.length > 0) {
    lines.push('', ...columns(notes.map(({height, semantics: name, what}) => [`${height}`, name, what])));
  }
  if (unknownSteps.length > 0) {
    lines.push('', `TEOS knows no such steps, so its columns pass over them: ${unknownSteps.join(', ')}`);
  }
  return lines.join('\n');
}

const isDisputed = (fates: Readonly<Partial<Record<string, Fate>>>): boolean =>
  Object.values(fates).some((fate) => fate?.differs);

function fateInWords({lives, expiry, slots, differs}: Fate): string {
  const mark = differs ? '* ' : '';
  if (lives.length === 0) return `${mark}never known`;
  const heights = lives.map(lifeInWords).join(', ');
  return expiry === null ? `${mark}${heights}` : `${mark}${heights} expires ${expiry}, ${slots} slots`;
}

const lifeInWords = ({from, to, restored}: Life): string => `${restored ? '+' : ''}${from}..${to ?? ''}`;
