/** How a message stands to the one before it. */
export type CounterStep = 'first' | 'next' | 'repeated' | 'gap' | 'restarted';

const period = 2 ** 32;

/**
 * Follows the counter of one topic: it grows by one a message and wraps at 2^32, so a larger step is a gap. A step
 * back means that the node started anew, counting from 0.
 */
export class TopicCounter {
  #last: number | undefined;

  step(counter: number): CounterStep {
    const last = this.#last;
    this.#last = counter;
    if (last === undefined) return 'first';
    const distance = (counter - last + period) % period;
    if (distance === 0) return 'repeated';
    if (distance === 1) return 'next';
    return distance < period / 2 ? 'gap' : 'restarted';
  }
}
