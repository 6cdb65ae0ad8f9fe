import {OperationalError} from '../errors/index.js';

/** Problems listed before the rest is only counted. */
const listedProblems = 100;

/** Collects what does not agree. */
export class Check {
  readonly problems: string[] = [];
  count = 0;

  that(condition: boolean, problem: () => string): void {
    if (!condition) this.fail(problem());
  }

  /** Checks a table, up to the first row that cannot be read. */
  async table(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof OperationalError) || error.code !== 'TOWER_STORE_CORRUPT') throw error;
      this.fail(error.message);
    }
  }

  fail(problem: string): void {
    if (++this.count <= listedProblems) this.problems.push(problem);
  }
}
