import type {RestartKind, Scenario, Step} from './scenario/scenario.js';

const kinds: readonly RestartKind[] = ['kill_before_commit', 'kill_after_commit', 'clean'];

/** The same story with the tower going down before everything that it does, in each of the three ways in turn. */
export function interrupted(scenario: Scenario): Scenario {
  let next = 0;
  const steps = scenario.steps.flatMap((step): Step[] => {
    if (step.type === 'note' || step.type === 'expect') return [step];
    const restart: Step = {type: 'restart', kind: kinds[next++ % kinds.length]!, line: step.line};
    return [restart, step];
  });
  return {...scenario, steps};
}
