/** The table of a key, `user!` of `user!0001`; empty for a key of no table. */
export const tableOf = (key: string): string => key.slice(0, key.indexOf('!') + 1);

/** Whether keys of a table may lie in `from <= key < to`. They begin with its name, and `"` is the character after `!`. */
export const mayOverlap = (table: string, {from, to}: {readonly from: string; readonly to: string}): boolean =>
  table === '' || (to > table && from < `${table.slice(0, -1)}"`);

/** Whether every key from one of this table on, up to `to`, belongs to the table. */
export const isWithin = (table: string, to: string): boolean => table !== '' && to <= `${table.slice(0, -1)}"`;
