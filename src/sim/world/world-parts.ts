import type {ChainSource, SimulatedChain, Timers} from '../../chain/index.js';
import type {Policy} from '../../gatekeeper/auth/policy.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {KeyValueStore} from '../../store/index.js';
import type {TowerEvent} from '../../tower/events.js';
import type {TroubleParts} from '../faults/troubles.js';
import type {Refusable} from '../scenario/scenario.js';
import type {StoryNames, TimelineEntry} from '../timeline/timeline.js';
import type {Mirror} from './chain-driver.js';
import type {RowGuard} from './kill-switch.js';

/** An event of the past, with what the story would have said of it. */
export interface PastEvent {
  readonly event: TowerEvent;
  readonly entry: TimelineEntry | undefined;
  /** What the story called the user whom it has made; undefined when it has made none. */
  readonly newUser: string | undefined;
}

export interface WorldParts {
  readonly seed: string | number;
  readonly settings: GatekeeperSettings;
  /** Opens the rows of the tower, the same ones each time; called at every start of the tower. */
  readonly openRows: () => Promise<KeyValueStore>;
  /** @default the tower reads the simulated chain itself */
  readonly mirror?: Mirror | undefined;
  /** What the tower reads the simulated chain through, such as an adapter over a made-up node. */
  readonly source?: ((chain: SimulatedChain) => ChainSource) | undefined;
  /** Stand between the tower and its rows, the first one next to the rows, and may end it. */
  readonly guards?: readonly RowGuard[] | undefined;
  /** Stands before the policy of the story, and may answer in its place. */
  readonly policy?: ((scripted: Policy) => Policy) | undefined;
  /** Of the tower. @default the system's */
  readonly timers?: Timers | undefined;
  /** What can go wrong; a story in which it does keeps its rows in memory, and has a time of its own. */
  readonly troubles?: TroubleParts | undefined;
  /** Told what the tower has answered to somebody who asked. */
  readonly onReply?: ((request: Refusable, answer: unknown) => void) | undefined;
  /** Given each line of the story as it happens. */
  readonly onEntry?: ((entry: TimelineEntry) => void) | undefined;
  /** Given each event of the tower's log, in order, after its commit and before its line, with who is called what. */
  readonly onEvent?: ((event: TowerEvent, names: StoryNames) => void) | undefined;
  /**
   * Given, when time has gone elsewhere, all that the tower's log holds there, and the line of each event: whoever keeps
   * what he was given begins anew with it.
   */
  readonly onTravel?: ((past: readonly PastEvent[], names: StoryNames) => void) | undefined;
  /** Told how far the tower has come with the blocks of the present step: entries wait for the last of them. */
  readonly onHeight?: ((at: {readonly height: number; readonly from: number; readonly to: number}) => void) | undefined;
  /** Blocks for which `rollBack` remembers what was; 0 for none. @default 1008 */
  readonly rememberedBlocks?: number | undefined;
  /** Awaited after each block; the tower is then given them one by one. */
  readonly afterBlock?: (() => void | Promise<void>) | undefined;
}
