import {BartizanError} from '../errors/index.js';
import {CheckedSimulation} from './explore/checked.js';
import type {OpenNode} from './faults/faulty-node.js';
import type {Violation} from './invariants/watch.js';
import type {Scenario} from './scenario/scenario.js';
import {Simulation} from './simulation.js';
import type {Verdict} from './verdict.js';
import type {WorldParts} from './world/world-parts.js';

export interface SimulationParts extends Omit<WorldParts, 'seed' | 'settings'> {
  /** Instead of the scenario's, unless that begins in the world of a file, which has its own. */
  readonly seed?: string | number | undefined;
  /** Holds every invariant against the tower after each commit; the story ends with the first that does not hold. */
  readonly check?: boolean | undefined;
  /** Opens the adapter to bitcoind over a made-up node, for stories that ask for it. */
  readonly openAdapter?: OpenNode | undefined;
  /** What the message of an error begins with that a step of this line ends the story with. @default nothing */
  readonly nameLine?: ((line: number) => string) | undefined;
  /** Awaited when the story is over, with everything as it left it. */
  readonly onEnd?: ((simulation: Simulation) => Promise<void>) | undefined;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** Lines of the file whose expectations were not met, in order. */
  readonly unmetLines: readonly number[];
  /** The invariant that did not hold, and the line at which it showed. */
  readonly violation?: (Violation & {readonly line: number}) | undefined;
}

/** Whether something goes wrong in it: its rows are then kept in memory, and it has a time of its own. */
export const hasFaults = ({steps}: Scenario): boolean => steps.some(({type}) => type === 'fault');

/**
 * Plays a scenario against the production tower. It changes nothing outside the rows and the mirror that it is given.
 * @throws whatever ends a tower, such as OperationalError TOWER_STORE_*; unmet expectations are in the outcome
 */
export async function simulate(scenario: Scenario, parts: SimulationParts): Promise<Outcome> {
  const {startHeight, node} = scenario.chain;
  const {tower: settings, steps, from} = scenario;
  const {check = false, openAdapter, nameLine, onEnd, seed = scenario.chain.seed, ...others} = parts;
  const openNode = node === 'adapter' ? openAdapter : undefined;
  const troubles = parts.troubles ?? (check || openNode || hasFaults(scenario) ? {openNode} : undefined);
  const goesBack = steps.some(({type}) => type === 'roll_back');
  const remembered = goesBack ? {} : {rememberedBlocks: 0};
  const going = {...remembered, ...others, troubles};
  const options = {...going, seed, settings, startHeight};
  const checked = check ? await CheckedSimulation.open({...options, from}) : undefined;
  const opened = () => (from === undefined ? Simulation.open(options) : Simulation.import(from, going));
  const simulation = checked?.simulation ?? (await opened());
  try {
    let violation: Outcome['violation'];
    let met = 0;
    const unmetLines: number[] = [];
    for (const step of steps) {
      for (const finding of await located((checked ?? simulation).perform(step), nameLine?.(step.line))) {
        if (finding.met) met++;
        else unmetLines.push(step.line);
      }
      const found = checked?.watch.violation;
      if (found) violation = {...found, line: step.line};
      if (found) break;
    }
    if (!violation) {
      const found = await (checked ?? simulation).finish();
      if (found) violation = {...found, line: steps.at(-1)?.line ?? 1};
    }
    const verdict: Verdict = {
      scenario: scenario.name,
      seed: simulation.seed,
      chain: parts.mirror ? 'bitcoind' : 'simulated',
      height: simulation.height,
      blocks: simulation.blocks,
      expectations: {met, unmet: unmetLines.length},
      digest: await simulation.digest(),
    };
    await onEnd?.(simulation);
    return {verdict, unmetLines, ...(violation ? {violation} : {})};
  } finally {
    await simulation.close();
  }
}

async function located<T>(done: Promise<T>, place: string | undefined): Promise<T> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof BartizanError && place !== undefined) error.message = `${place}: ${error.message}`;
    throw error;
  }
}
