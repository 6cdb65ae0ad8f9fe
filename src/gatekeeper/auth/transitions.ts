import {InvariantError} from '../../errors/index.js';
import type {RequestState} from '../../store/request-row.js';

/**
 * Who moves a request: its device; a policy that answers (a function of the embedding program, a policy file, the
 * webhook); an operator; the embedding program by itself; a block that is connected; one that is disconnected.
 */
export type Mover = 'device' | 'policy' | 'operator' | 'program' | 'block' | 'disconnect';

export interface Transition {
  readonly from: RequestState;
  readonly to: RequestState;
  readonly by: Mover;
  readonly when: string;
}

/** The state of a request that was just received. */
export const firstState: RequestState = 'pending';

/** Everything that can become of a request. `docs/reference/auth.md` shows it as a picture, made from this list. */
export const transitions: readonly Transition[] = [
  {from: 'pending', to: 'approved', by: 'policy', when: 'the fast callback approves it'},
  {from: 'pending', to: 'approved', by: 'block', when: 'the block applies a recorded approval'},
  {from: 'pending', to: 'approved', by: 'operator', when: 'an operator approves it or authorizes its key'},
  {from: 'pending', to: 'approved', by: 'program', when: 'the embedding program approves it or authorizes its key'},

  {from: 'pending', to: 'denied', by: 'policy', when: 'the fast callback denies it'},
  {
    from: 'pending',
    to: 'denied',
    by: 'block',
    when: 'the block applies a recorded denial, or deletes the user of a recorded approval',
  },
  {from: 'pending', to: 'denied', by: 'operator', when: 'an operator denies it'},
  {from: 'pending', to: 'denied', by: 'program', when: 'the embedding program denies it'},

  {from: 'pending', to: 'failed', by: 'policy', when: 'the last of its attempts ends in an error'},
  {from: 'pending', to: 'failed', by: 'block', when: 'a recorded approval cannot be carried out, on the last attempt'},

  {from: 'pending', to: 'expired', by: 'block', when: 'nobody has decided it within its time to live'},

  {from: 'pending', to: 'superseded', by: 'device', when: 'its device sends another payload of the same kind'},
  {
    from: 'pending',
    to: 'superseded',
    by: 'policy',
    when: 'another request of its key is approved; or it is, but a reorg has brought the user of its key back',
  },
  {
    from: 'pending',
    to: 'superseded',
    by: 'block',
    when: 'the block approves another request of its key; or it, but a reorg has brought the user of its key back',
  },
  {from: 'pending', to: 'superseded', by: 'operator', when: 'an operator authorizes its key otherwise'},
  {from: 'pending', to: 'superseded', by: 'program', when: 'the embedding program authorizes its key otherwise'},

  {
    from: 'pending',
    to: 'superseded',
    by: 'disconnect',
    when: 'nobody has signed it, and a signed request of its key is pending again',
  },

  {from: 'expired', to: 'pending', by: 'disconnect', when: 'the block that timed it out is disconnected'},
  {
    from: 'expired',
    to: 'superseded',
    by: 'disconnect',
    when: 'the block that timed it out is disconnected, and its key has signed a newer one of the kind or, after an unproven signup, a login, or is authorized',
  },
];

const allowed = new Set(transitions.map(({from, to}) => `${from}>${to}`));

/** @throws InvariantError unless the list holds a transition between the two. */
export function assertTransition(from: RequestState, to: RequestState): void {
  if (!allowed.has(`${from}>${to}`)) throw new InvariantError(`a request cannot go from ${from} to ${to}`);
}
