import type {Story} from '../story.js';

/** Objects of one kind as a table: the names once, then a row an object, with null for what it lacks. */
type Table = readonly [names: readonly string[], ...rows: readonly (readonly unknown[])[]];

type Fields = Readonly<Record<string, unknown>>;

function tableOf(objects: readonly object[]): Table {
  const names = new Set<string>();
  for (const it of objects) for (const name of Object.keys(it)) names.add(name);
  const columns = [...names];
  return [columns, ...objects.map((it) => columns.map((name) => (it as Fields)[name] ?? null))];
}

/** @param table is long: a page waits for it */
function objectsOf(table: Table): Fields[] {
  const names = table[0];
  const objects: Fields[] = [];
  for (let at = 1; at < table.length; at++) {
    const row = table[at]!;
    const object: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) if (row[i] !== null) object[names[i]!] = row[i];
    objects.push(object);
  }
  return objects;
}

/** A story as little text; `unpackStory` answers the same story. */
export function packStory(story: Story): string {
  const lives = (all: readonly {readonly changes: readonly object[]}[]) =>
    all.map((it) => ({...it, changes: tableOf(it.changes)}));
  return JSON.stringify({
    ...story,
    columns: tableOf(story.columns),
    steps: tableOf(
      story.steps.map((step) => ({...step, lines: step.lines.map(({mark, tone, text}) => [mark, tone, text])})),
    ),
    users: tableOf(lives(story.users)),
    requests: tableOf(lives(story.requests)),
  });
}

export function unpackStory(text: string): Story {
  const {columns, steps, users, requests, ...rest} = JSON.parse(text) as Record<
    'columns' | 'steps' | 'users' | 'requests',
    Table
  >;
  const lives = (table: Table) =>
    objectsOf(table).map((it) => Object.assign(it, {changes: objectsOf(it['changes'] as Table)}));
  const withLines = (step: Fields) =>
    Object.assign(step, {
      lines: (step['lines'] as string[][]).map(([mark, tone, said]) => ({mark, tone, text: said})),
    });
  return {
    ...rest,
    columns: objectsOf(columns),
    steps: objectsOf(steps).map(withLines),
    users: lives(users),
    requests: lives(requests),
  } as unknown as Story;
}
