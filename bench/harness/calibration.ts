import {hash} from 'node:crypto';

const loops = 20_000;

/** Milliseconds that a fixed piece of work takes now: what the machine has to give, whatever it does besides. */
export function calibrate(): number {
  const start = performance.now();
  let text = '';
  for (let i = 0; i < loops; i++) text = hash('sha256', text, 'hex');
  return performance.now() - start;
}
