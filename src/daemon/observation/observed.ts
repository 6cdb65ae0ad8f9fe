import type {Tower} from '../../tower/tower.js';

/** The tower that is seen, and what is known of it. */
export interface Observed {
  readonly tower: Tower;
  readonly chain: 'simulated' | 'bitcoind';
  readonly version: string;
}
