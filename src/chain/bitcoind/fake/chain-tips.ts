import type {BlockIndex, IndexEntry} from './block-index.js';

export interface ChainTip {
  readonly height: number;
  readonly hash: string;
  readonly branchlen: number;
  readonly status: 'active' | 'invalid' | 'headers-only' | 'valid-fork' | 'valid-headers';
}

/** The end of every branch, highest first, as `getchaintips` lists them. */
export function chainTips(index: BlockIndex): ChainTip[] {
  const parents = new Set<string>();
  for (const {header} of index.entries()) parents.add(header.previous);
  const ends = [...index.entries()].filter((entry) => entry === index.tip || !parents.has(entry.header.hash));
  return ends
    .map((entry) => ({
      height: entry.header.height,
      hash: entry.header.hash,
      branchlen: branchLength(index, entry),
      status: statusOf(index, entry),
    }))
    .sort((a, b) => b.height - a.height);
}

function branchLength(index: BlockIndex, entry: IndexEntry): number {
  let length = 0;
  for (let at: IndexEntry | undefined = entry; at !== undefined && !index.isActive(at); at = index.parentOf(at))
    length++;
  return length;
}

function statusOf(index: BlockIndex, entry: IndexEntry): ChainTip['status'] {
  if (index.isActive(entry)) return 'active';
  if (index.isInvalid(entry)) return 'invalid';
  if (entry.transactions === 0) return 'headers-only';
  return entry.wasActive ? 'valid-fork' : 'valid-headers';
}
