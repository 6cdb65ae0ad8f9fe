import type {ChainSource} from '../../src/chain/chain-source.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {systemTimers} from '../../src/chain/timers.js';
import {openFakeSource} from '../../src/chain/bitcoind/fake/index.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {type KeyValueStore, MemoryStore} from '../../src/store/index.js';
import {playTape} from '../../src/sim/tape/playback.js';
import type {Replayed} from '../../src/sim/tape/replay.js';
import {Tower} from '../../src/tower/tower.js';
import {type Ask, submissionTo} from './devices.js';
import {signedBy} from './deposits.js';
import {locator, publicKey, quickKey} from './keys.js';
import {ScriptedPolicy} from './scripted-policy.js';
import {tapeFrom} from './tapes.js';

/** A node that a story steers: it mines, and takes its last blocks back. */
export interface SteeredNode {
  readonly source: ChainSource;
  mine(blocks: number): Promise<unknown>;
  takeBack(blocks: number): Promise<unknown>;
}

const settings: GatekeeperSettings = {
  ...defaultGatekeeperSettings,
  ...{auth: 'user', subscriptionSlots: 10, subscriptionDuration: 12, expiryDelta: 2},
  ...{authBudget: 2, requestTtl: 5, requestAttempts: 3, deniedCooldown: 2},
};

/** What the policy says at once, and later, by the info of the request. */
const answers: Readonly<Record<string, readonly [atOnce: unknown, later: unknown]>> = {
  new: [0, 0],
  later: [-2, 0],
  no: [-1, -1],
  broken: [-3, -3],
  never: [-2, -2],
};

/**
 * A tower lives through everything that its log can tell of, save a chain that an operator accepts: users with and
 * without an authorization, deposits, a policy, an operator, and reorgs over deletions and time-outs.
 */
export async function live(rows: KeyValueStore, {source, mine, takeBack}: SteeredNode): Promise<string> {
  const policy = new ScriptedPolicy({
    callback: ({info, nodeInfo}) => (nodeInfo.includes('"role"') ? 'primary' : answers[info ?? '']?.[0]),
    check: ({info}) => answers[info ?? '']?.[1],
  });
  const tower = await Tower.open({rows, source, network: 'regtest', key: quickKey, settings, policies: [policy]});
  const settle = async () => {
    await tower.synced();
    await tower.auth.settled();
  };
  const blocks = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await mine(1);
      await settle();
    }
  };
  const reorg = async (depth: number, count: number) => {
    await takeBack(depth);
    await settle();
    await blocks(count);
  };
  const ask = (request: Ask) =>
    tower.auth.submit(submissionTo({id: tower.id, tip: tower.tip!}, request)).then(({requestId}) => requestId);
  const deposit = (user: number, n: number, blobBytes: number) =>
    tower.gatekeeper.addUpdateAppointment(
      publicKey(user),
      signedBy(user, {locator: locator(n), encryptedBlob: Buffer.alloc(blobBytes, n)}),
    );
  try {
    tower.start();
    await settle();
    await ask({device: 2, info: 'new'});
    await tower.gatekeeper.addUpdateUser(publicKey(2));
    await deposit(2, 1, 100);
    await deposit(2, 2, 5_000);
    await ask({device: 3, info: 'later'});
    await ask({device: 4, info: 'no'});
    await ask({device: 5, info: 'broken'});
    const forgotten = await ask({device: 6, info: 'never'});
    await blocks(2);
    await tower.gatekeeper.addUpdateUser(publicKey(3));
    await deposit(2, 2, 100);
    await tower.auth.authorizeUser(publicKey(7), 1, 'operator');
    await tower.auth.requestRegistration(publicKey(8));
    await ask({device: 9, kind: 'new_node', node: {role: 1}}).catch(() => undefined);
    await blocks(3);
    // The block in which the forgotten request timed out goes, and comes again as another.
    await reorg(2, 1);
    await blocks(2);
    await tower.operator.extend({key: publicKey(3)}, 3, 'operator');
    await tower.changeSettings({...settings, requestTtl: 20, subscriptionDuration: 15});
    const again = await ask({device: 6, info: 'never'});
    await tower.auth.approve(again === forgotten ? forgotten : again, {userId: 40, actor: 'operator'});
    await tower.gatekeeper.addUpdateUser(publicKey(6));
    await deposit(6, 3, 100);
    await deposit(6, 4, 100);
    const sixth = (await tower.gatekeeper.registeredUsers.get(publicKey(6)))!;
    const [uuid] = [...(await sixth.appointments({limit: 1})).keys()];
    await tower.gatekeeper.deleteAppointments(new Map([[uuid!, publicKey(6)]]), {refund: true});
    await blocks(8);
    // The first user is deleted by now; he comes back with a reorg, renews, and the same heights come again.
    await reorg(3, 1);
    await tower.gatekeeper.addUpdateUser(publicKey(2));
    await blocks(4);
    await tower.auth.revoke(publicKey(7), 'operator');
    await tower.operator.delete({key: publicKey(6)}, 'operator');
    await reorg(6, 7);
    return await tower.digest();
  } finally {
    await tower.close();
  }
}

/** The tape on a whole tower that follows a chain of these blocks, or a node that has them, through the adapter. */
export async function played(
  text: string,
  blocks: readonly Uint8Array[],
  on: 'simulated chain' | 'fake bitcoind',
): Promise<Replayed> {
  const chain = new SimulatedChain({seed: 'nothing is mined'});
  const source = on === 'simulated chain' ? chain : openFakeSource({chain, timers: systemTimers}).source;
  return playTape(await tapeFrom(text), {rows: new MemoryStore(), chain, source, blocks});
}
