import type {SimulatedChain} from '../../chain/index.js';
import {Cast} from '../world/cast.js';
import type {OpenNode} from '../faults/faulty-node.js';
import {openSimulatedNode} from '../faults/simulated-node.js';
import type {Reply} from '../invariants/reply.js';
import {type Violation, Watch} from '../invariants/watch.js';
import {Simulation, type SimulationOptions} from '../simulation.js';
import {replyOf} from './reply-of.js';
import {type KeyValueStore, MemoryStore} from '../../store/index.js';
import type {Action, Refusable} from '../scenario/scenario.js';
import type {Finding} from '../world/finding.js';
import {BartizanError} from '../../errors/index.js';

export interface CheckedOptions extends SimulationOptions {
  /** With `from`, that of its world. */
  readonly seed: string | number;
  /** The file of a world to begin in, instead of a fresh one; that world has its settings and its start. */
  readonly from?: string | undefined;
  /** Commits between two close looks. @default 200 */
  readonly lookEvery?: number | undefined;
}

export interface Ending {
  /** Whether the tower's log is replayed, too. @default true */
  readonly log?: boolean | undefined;
}

/** Whether the rows become what they were at some time, which no event tells of. */
const travels = ({type}: Action): boolean => type === 'restore' || type === 'roll_back';

/** A simulation in which every invariant is held against the tower after each commit. */
export class CheckedSimulation {
  readonly simulation: Simulation;
  readonly watch: Watch;

  private constructor(simulation: Simulation, watch: Watch) {
    this.simulation = simulation;
    this.watch = watch;
  }

  static async open(options: CheckedOptions): Promise<CheckedSimulation> {
    const {lookEvery, from, seed, settings, startHeight, ...parts} = options;
    let chain: SimulatedChain | undefined;
    let isWatched = from === undefined;
    const cast = new Cast(seed);
    const watch = new Watch({
      chain: {heightOf: (hash) => chain?.heightOf(hash)},
      towerId: cast.towerKey().publicKey,
      ...(lookEvery === undefined ? {} : {lookEvery}),
    });
    const rows = new MemoryStore();
    const openRows = parts.openRows ?? (async (): Promise<KeyValueStore> => rows);
    const openNode: OpenNode = (known, timers) => {
      chain = known;
      return (parts.troubles?.openNode ?? openSimulatedNode)(known, timers);
    };
    const hooks = {
      async openRows() {
        const opened = await openRows();
        if (isWatched) return watch.attach(opened);
        // Those of a file are put there first, and watched once they are opened again.
        isWatched = true;
        return opened;
      },
      ...(parts.troubles ? {troubles: {openNode}} : {}),
      onReply: (request: Refusable, answer: unknown) => {
        const reply: Reply | undefined = replyOf(request, answer, simulation);
        if (reply) watch.reply(reply);
      },
    } satisfies SimulationOptions;
    const all = {...parts, ...hooks};
    const simulation: Simulation = await (from === undefined
      ? Simulation.open({...all, seed, settings, startHeight})
      : Simulation.import(from, all));
    chain ??= simulation.chain;
    return new CheckedSimulation(simulation, watch);
  }

  /** Does an action, and looks at what came of it. A tower that ends by itself is a violation, and no error. */
  async perform(action: Action): Promise<readonly Finding[]> {
    return this.#judged(async () => {
      if (travels(action)) return this.watch.aside(() => this.simulation.perform(action));
      const findings = await this.simulation.perform(action);
      const stuck = action.type === 'fault' ? findings.find(({met}) => !met) : undefined;
      if (stuck) this.#report('liveness', `${stuck.claim}, but ${stuck.actual}`);
      return findings;
    });
  }

  /** Ends what is under way, and looks closely. */
  async finish({log = true}: Ending = {}): Promise<Violation | undefined> {
    await this.#judged(async () => {
      await this.simulation.finish();
      await this.watch.look();
      if (log) await this.watch.replay();
      return [];
    });
    return this.watch.violation;
  }

  close(): Promise<void> {
    return this.simulation.close();
  }

  async #judged(work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BartizanError) || error.family === 'rejection') throw error;
      const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
      this.#report('liveness', `the tower has stopped: ${error.message}${cause}`);
      return [];
    }
  }

  #report(invariant: string, wrong: string): void {
    this.watch.report({invariant, wrong: [wrong], height: this.simulation.height});
  }
}
