import {BartizanError, type ErrorCode} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {OpenNode} from '../faults/faulty-node.js';
import type {Violation} from '../invariants/watch.js';
import {Random} from '../random.js';
import {introducedIn} from '../scenario/name-check.js';
import {type Action, isRefusable, type PolicyAnswer} from '../scenario/scenario.js';
import {CheckedSimulation, type Ending} from './checked.js';
import {Generator} from './generator.js';
import {drawSwarm, type FaultName, type Swarm} from './swarm.js';

export interface RunPlan {
  /** u64; decides everything. */
  readonly seed: bigint;
  /** Events of the tower after which the faults end. */
  readonly length: number;
  /** Of which each run has some. */
  readonly faults: readonly FaultName[];
}

export interface RunParts {
  /** Opens the adapter over a node of its own. @default no run has one */
  readonly openAdapter?: OpenNode | undefined;
}

/** A world as it can be played again. */
export interface Story {
  readonly seed: string;
  readonly startHeight: number;
  readonly settings: GatekeeperSettings;
  readonly adapter: boolean;
  readonly actions: readonly Action[];
}

export interface RunResult {
  readonly events: number;
  readonly digest: string;
  /** Of the tip at the end. */
  readonly height: number;
  readonly violation: Violation | undefined;
  /** What was done, up to the violation. */
  readonly story: Story;
}

/** Steps of one run at most: some bring no event. */
const maxStepsPerEvent = 4;

/** Of so many runs, one is played twice. */
const twiceEvery = 16n;
/** Of so many runs, the log of one is replayed; never of those that are played twice, or it would find what they show. */
const replayedEvery = 4n;

/** Plays one random world, and some of them once more. */
export async function explore(plan: RunPlan, parts: RunParts = {}): Promise<RunResult> {
  const first = await exploreOnce(plan, parts);
  if (first.violation || plan.seed % twiceEvery !== 0n) return first;
  return replay(first.story, parts, {digest: first.digest, log: false});
}

async function exploreOnce({seed, length, faults}: RunPlan, {openAdapter}: RunParts): Promise<RunResult> {
  const random = new Random(seed);
  const swarm = drawSwarm(random, faults, openAdapter !== undefined);
  const generator = new Generator(swarm, random.stream('steps'));
  const player = await Player.open(storyOf(seed, swarm), {openAdapter});
  if (!(player instanceof Player)) return player;
  try {
    const mostSteps = length * maxStepsPerEvent;
    for (let steps = 0; player.events < length && steps < mostSteps && !player.violation; steps++) {
      await player.play(generator.next(player.view));
    }
    for (const action of healing) if (!player.violation) await player.play(action);
    return await player.end({log: seed % replayedEvery === 1n});
  } finally {
    await player.close();
  }
}

/** The end of each run: nothing goes wrong any more, so the tower must come to the tip. */
const healing: readonly Action[] = [
  {type: 'fault', fault: 'heal', amount: 1},
  {type: 'mine', blocks: 1},
];

export interface Replaying {
  /** In which it must end. */
  readonly digest?: string | undefined;
  /** Whether the tower's log is replayed at the end. @default true */
  readonly log?: boolean | undefined;
}

/** Plays a story again, as far as it can be played. */
export async function replay(
  story: Story,
  parts: RunParts = {},
  {digest, log = true}: Replaying = {},
): Promise<RunResult> {
  const result = await replayOnce(story, parts, {log});
  if (result.violation || digest === undefined || result.digest === digest) return result;
  const wrong = [`the same steps ended in the state ${result.digest}, and before that in ${digest}`];
  return {...result, violation: {invariant: 'determinism', wrong, height: result.height}};
}

async function replayOnce(story: Story, parts: RunParts, ending: Ending): Promise<RunResult> {
  const player = await Player.open(story, parts);
  if (!(player instanceof Player)) return player;
  try {
    for (const action of story.actions) if (!player.violation) await player.play(action);
    return await player.end(ending);
  } finally {
    await player.close();
  }
}

const storyOf = (seed: bigint, {settings, startHeight, adapter}: Swarm): Story => ({
  seed: String(seed),
  startHeight,
  settings,
  adapter,
  actions: [],
});

/** Plays actions one by one, and writes them down as a story that expects what came of them. */
class Player {
  readonly #checked: CheckedSimulation;
  readonly #story: Story;
  readonly #played: Action[] = [];
  #highest: number;

  private constructor(checked: CheckedSimulation, story: Story) {
    this.#checked = checked;
    this.#story = story;
    this.#highest = checked.simulation.chain.tip.height;
  }

  /** Answers how it ended where the tower does not even start. */
  static async open(story: Story, {openAdapter}: RunParts): Promise<Player | RunResult> {
    const {seed, settings, startHeight, adapter} = story;
    const openNode = adapter ? openAdapter : undefined;
    const troubles = {openNode};
    try {
      const options = {seed, settings, startHeight, troubles, rememberedBlocks: 0};
      return new Player(await CheckedSimulation.open(options), story);
    } catch (error) {
      if (!(error instanceof BartizanError)) throw error;
      const wrong = [`the tower does not start: ${error.message}`];
      const violation = {invariant: 'liveness', wrong, height: startHeight};
      return {events: 0, digest: '', height: startHeight, violation, story};
    }
  }

  get events(): number {
    return this.#checked.watch.events;
  }

  get violation(): Violation | undefined {
    return this.#checked.watch.violation;
  }

  get view(): {readonly height: number; readonly highest: number} {
    return {height: this.#checked.simulation.chain.tip.height, highest: this.#highest};
  }

  /** What the chain cannot do is left out. */
  async play(action: Action): Promise<void> {
    const asked = action.type === 'refuse' ? action.request : action;
    let refusal: ErrorCode | undefined;
    try {
      const findings = await this.#checked.perform(asked);
      refusal = findings.find((finding) => finding.refusal)?.refusal?.code;
    } catch (error) {
      if (error instanceof BartizanError && error.family === 'rejection') return;
      throw error;
    }
    this.#played.push(refusal && isRefusable(asked) ? {type: 'refuse', request: asked, code: refusal} : asked);
    this.#highest = Math.max(this.#highest, this.view.height);
  }

  async end(ending: Ending): Promise<RunResult> {
    if (!this.violation) await this.#checked.finish(ending);
    const {violation} = this;
    const actions = withKnownNames(this.#played);
    const digest = violation ? '' : await this.#checked.simulation.digest();
    const {height} = this.#checked.simulation;
    return {events: this.events, digest, height, violation, story: {...this.#story, actions}};
  }

  close(): Promise<void> {
    return this.#checked.close();
  }
}

/** Answers that name a user whom no step brings in: for such a one, the policy answers -1. */
function withKnownNames(actions: readonly Action[]): readonly Action[] {
  const names = new Set(actions.flatMap(namesIn));
  const known = (answer: PolicyAnswer): PolicyAnswer =>
    answer.type === 'user' && !names.has(answer.name) ? {type: 'returns', value: -1} : answer;
  const tidy = <It extends Action>(action: It): It =>
    'script' in action && action.script
      ? {...action, script: {callback: action.script.callback.map(known), check: action.script.check.map(known)}}
      : action;
  return actions.map((action) =>
    action.type === 'refuse' ? {...action, request: tidy(action.request)} : tidy(action),
  );
}

function namesIn(action: Action): string[] {
  if (action.type === 'refuse') return namesIn(action.request);
  return isRefusable(action) ? introducedIn(action) : [];
}
