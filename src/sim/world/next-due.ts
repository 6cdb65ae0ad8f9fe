import {maxU32} from '../../gatekeeper/settings.js';
import {layout} from '../../store/index.js';
import type {Tower} from '../../tower/tower.js';

/** `due`: whatever comes first of the others. */
export type DueKind = 'due' | 'expiry' | 'deletion' | 'timeout';

/** Height of the next block in which somebody expires, or is deleted, or a request times out, if nothing else happens. */
export async function nextDue(tower: Tower, kind: DueKind): Promise<number | undefined> {
  if (kind === 'due') {
    const heights = await Promise.all((['expiry', 'deletion', 'timeout'] as const).map((it) => nextDue(tower, it)));
    const known = heights.filter((height) => height !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }
  const {rows, meta} = tower.gatekeeper.userDb;
  if (!meta) return undefined;
  const next = meta.tip.height + 1;
  const firstOf = async (range: {from: string; to: string}) => (await rows.keys({...range, limit: 1}))[0];
  switch (kind) {
    case 'expiry': {
      const key = await firstOf(layout.dueRange('e', next, maxU32));
      return key === undefined ? undefined : layout.dueOf(key).height;
    }
    case 'deletion': {
      const key = await firstOf(layout.dueRange('e', meta.progress.sweptExpiry + 1, maxU32));
      return key === undefined ? undefined : Math.max(next, layout.dueOf(key).height + meta.settings.expiryDelta);
    }
    case 'timeout': {
      const key = await firstOf(layout.requestDueRange('t', meta.progress.sweptTimeouts + 1, maxU32));
      return key === undefined ? undefined : Math.max(next, layout.requestDueOf(key).height + meta.settings.requestTtl);
    }
  }
}
