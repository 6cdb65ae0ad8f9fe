import {curve} from '../../crypto/curve.js';
import type {UserStates} from '../../gatekeeper/user-states.js';
import type {ChainWatch} from './chain-watch.js';
import {sourceStates} from './metric-table.js';
import type {GaugeName, Reading} from './metrics.js';
import type {Observed} from './observed.js';

interface Known {
  readonly chainWatch: ChainWatch;
  readonly userStates: UserStates | undefined;
}

/** What every gauge shows now. */
export function readGauges(
  {tower, chain, version}: Observed,
  {chainWatch, userStates}: Known,
): Readonly<Record<GaugeName, Reading>> {
  const {state, tip} = tower;
  return {
    bartizan_info: [[{version, network: tower.network, chain, signatures: curve.name}, 1]],
    bartizan_ready: tower.isReady ? 1 : 0,
    bartizan_source_state: sourceStates.map((name) => [{state: name}, name === state.name ? 1 : 0]),
    bartizan_tip_height: tip?.height,
    bartizan_source_height: state.sourceHeight,
    bartizan_last_block_age_seconds: chainWatch.lastBlockAgeSeconds,
    bartizan_last_reorg_depth_blocks: chainWatch.lastReorgDepth,
    bartizan_users: tower.gatekeeper.registeredUsers.size,
    bartizan_users_by_state:
      userStates && Object.entries(userStates).map(([state, count]) => [{state}, count as number] as const),
    bartizan_appointments: tower.gatekeeper.registeredUsers.holdings.appointments,
    bartizan_slots_taken: tower.gatekeeper.registeredUsers.holdings.takenSlots,
    bartizan_pending_requests: tower.auth.pendingRequests,
    bartizan_unproven_requests: tower.auth.unprovenRequests,
    bartizan_writer_queue_length: tower.queued,
  };
}
