import type {Scenario} from './scenario.js';
import {Simulation} from './simulation.js';
import type {Verdict} from './verdict.js';
import type {WorldParts} from './world.js';

export interface SimulationParts extends Omit<WorldParts, 'seed' | 'settings' | 'steps'> {
  /** Instead of the scenario's. */
  readonly seed?: string | number | undefined;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** Lines of the file whose expectations were not met, in order. */
  readonly unmetLines: readonly number[];
}

/** Whether something goes wrong in it: its rows are then kept in memory, and it has a time of its own. */
export const hasFaults = ({steps}: Scenario): boolean => steps.some(({type}) => type === 'fault');

/**
 * Plays a scenario against the production tower. It changes nothing outside the rows and the mirror that it is given.
 * @throws whatever ends a tower, such as OperationalError TOWER_STORE_*; unmet expectations are in the outcome
 */
export async function simulate(scenario: Scenario, parts: SimulationParts): Promise<Outcome> {
  const {seed, startHeight} = scenario.chain;
  const {tower: settings, steps} = scenario;
  const troubles = parts.troubles ?? (hasFaults(scenario) ? {} : undefined);
  const goesBack = steps.some(({type}) => type === 'roll_back');
  const simulation = await Simulation.open({
    ...(goesBack ? {} : {rememberedBlocks: 0}),
    ...parts,
    troubles,
    seed: parts.seed ?? seed,
    settings,
    startHeight,
    steps,
  });
  try {
    let met = 0;
    const unmetLines: number[] = [];
    for (const step of steps) {
      for (const finding of await simulation.perform(step)) {
        if (finding.met) met++;
        else unmetLines.push(step.line);
      }
    }
    await simulation.finish();
    const verdict: Verdict = {
      scenario: scenario.name,
      seed: simulation.seed,
      chain: parts.mirror ? 'bitcoind' : 'simulated',
      height: simulation.height,
      blocks: simulation.blocks,
      expectations: {met, unmet: unmetLines.length},
      digest: await simulation.digest(),
    };
    return {verdict, unmetLines};
  } finally {
    await simulation.close();
  }
}
