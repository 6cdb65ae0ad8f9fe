import {OperationalError} from '../../errors/index.js';
import type {Finding} from './finding.js';

const hint = 'Compare it with what led there: Simulation.open({onEntry: console.log}) shows each line of the story.';

/** What was expected of a simulation is not so. Its message says what was expected, what is, and at which height. */
export class ExpectationUnmet extends OperationalError {
  /** As clauses, one for each expectation that is not met. */
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly height: number;

  constructor(findings: readonly Finding[], height: number) {
    const lines = findings.map(({claim, actual}) => `at height ${height}: expected that ${claim}, but ${actual}`);
    super('TOWER_EXPECTATION_UNMET', lines.join('\n'), {facts: {height}, hint});
    this.expected = findings.map(({claim}) => claim);
    this.actual = findings.map(({actual}) => actual);
    this.height = height;
  }
}
