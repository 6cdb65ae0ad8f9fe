import {setTimeout as delay} from 'node:timers/promises';
import {systemTimers} from '../../chain/timers.js';
import {BartizanError} from '../../errors/index.js';

/** A batch takes no longer to be written. */
const roomMs = 20;
/** Nobody waits for longer; a disk that has written nothing by then is not going to. */
const maxRoomMs = 10_000;

/**
 * Tries again while the queue is full. Clients of this wire file a deposit that was answered 503 as one that the tower
 * will never take, so they are better made to wait.
 */
export async function onceThereIsRoom<Result>(submit: () => Promise<Result>): Promise<Result> {
  const untilMs = systemTimers.nowMs() + maxRoomMs;
  for (;;) {
    try {
      return await submit();
    } catch (error) {
      const isFull = error instanceof BartizanError && error.code === 'TOWER_QUEUE_FULL';
      if (!isFull || systemTimers.nowMs() > untilMs) throw error;
    }
    await delay(roomMs);
  }
}
