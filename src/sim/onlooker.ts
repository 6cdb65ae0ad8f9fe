import {AsyncLocalStorage} from 'node:async_hooks';
import {Rejection} from '../errors/index.js';

/** Somebody whom a world waits for while he looks at it. */
interface Look {
  readonly world: object;
  readonly who: string;
  isOver: boolean;
  /** The look inside which it began, at another world or at the same. */
  readonly outer: Look | undefined;
}

const looks = new AsyncLocalStorage<Look>();

/** Awaits somebody who looks at a world; while he does, `requireNoOnlooker` refuses what he starts. */
export async function lookOn<Result>(
  world: object,
  who: string,
  look: () => Result | Promise<Result>,
): Promise<Result> {
  const begun: Look = {world, who, isOver: false, outer: looks.getStore()};
  try {
    return await looks.run(begun, look);
  } finally {
    begun.isOver = true;
  }
}

/**
 * An act that an onlooker of this world starts would wait for the act that waits for him.
 * @throws Rejection TOWER_INVALID_PARAMETER
 */
export function requireNoOnlooker(world: object): void {
  for (let look = looks.getStore(); look; look = look.outer) {
    if (look.world !== world || look.isOver) continue;
    throw new Rejection(
      'TOWER_INVALID_PARAMETER',
      `the function given to ${look.who} only looks on: what it starts would wait for what it looks at, and so for itself`,
      {hint: `Start it when ${look.who} is over, or in a fork of its own.`},
    );
  }
}
