import {printable} from '../errors/printable.js';
import {countInWords, plural} from './timeline/heights.js';
import {type Paint, plain} from './timeline/paint.js';

/** How a run ended; with `--json`, what is printed for each file. */
export interface Verdict {
  /** The scenario's name. */
  readonly scenario: string;
  readonly seed: string | number;
  readonly chain: 'simulated' | 'bitcoind';
  /** Height of the tip at the end. */
  readonly height: number;
  /** Blocks mined by the steps; those that the chain started with are not counted. */
  readonly blocks: number;
  readonly expectations: {readonly met: number; readonly unmet: number};
  /** State digest of the store, hex. */
  readonly digest: string;
}

/** The closing lines of a run, with how long it took where that is known. */
export function renderVerdict(verdict: Verdict, paint: Paint = plain, ms?: number): string {
  const {met, unmet} = verdict.expectations;
  const all = met + unmet;
  const outcome =
    unmet > 0
      ? paint('red', `✗ ${countInWords(unmet)} of ${plural(all, 'expectation')} unmet`)
      : all === 0
        ? 'nothing was expected'
        : paint('green', `✓ ${all === 1 ? 'the expectation is' : `all ${countInWords(all)} expectations are`} met`);
  const chain = verdict.chain === 'bitcoind' ? 'on bitcoind' : 'on the simulated chain';
  const run = `${plural(verdict.blocks, 'block')} ${chain}${ms === undefined ? '' : ` in ${seconds(ms)}`}, tip ${verdict.height}`;
  return [
    `${paint('bold', outcome)}  ${run}`,
    paint('dim', `  seed ${printable(String(verdict.seed))}  digest ${verdict.digest}`),
  ].join('\n');
}

/** How several stories ended; `unmet` are the files of those whose expectations are not all met. */
export function renderTotal(stories: number, unmet: readonly string[], paint: Paint = plain): string {
  const all = `${countInWords(stories)} stories`;
  return unmet.length === 0
    ? paint('green', `${all}, all as expected`)
    : paint('red', `${all}, ${countInWords(unmet.length)} with unmet expectations: ${printable(unmet.join(', '))}`);
}

const seconds = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
