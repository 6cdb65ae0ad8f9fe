import test, {type ExecutionContext} from 'ava';
import {
  type BitcoindProgram,
  findBitcoind,
  RegtestNode,
  type RegtestOptions,
} from '../../src/chain/bitcoind/regtest/index.js';
import {testWithout} from './missing.js';

const found = await findBitcoind({progress: (line) => console.error(`bitcoind for tests: ${line}`)}).catch(
  (error: Error) => error,
);

/** Whether tests against a real node can run; where not, register at least one `regtestTest`, which says why. */
export const haveBitcoind = !(found instanceof Error);

type Run = (t: ExecutionContext, start: (options?: RegtestOptions) => Promise<RegtestNode>) => Promise<void>;

/**
 * A test against real regtest nodes, which `start` starts and the end of the test stops. One at a time in a file.
 * Where there is no bitcoind it is skipped with a warning, but fails when `CI` is set.
 */
export function regtestTest(title: string, run: Run): void {
  if (found instanceof Error) testWithout('bitcoind', title, found);
  else test.serial(title, (t) => run(t, starter(t, found)));
}

function starter(t: ExecutionContext, program: BitcoindProgram): (options?: RegtestOptions) => Promise<RegtestNode> {
  return async (options = {}) => {
    const node = await RegtestNode.start({program, ...options});
    t.teardown(() => node.stop());
    return node;
  };
}

/** Pays to a script that anyone can spend; no wallet is needed. */
export const anyoneCanSpend = 'raw(51)';

/** Mines and answers the hashes, lowest first. */
export const mine = (node: RegtestNode, blocks: number, descriptor = anyoneCanSpend): Promise<string[]> =>
  node.rpc<string[]>('generatetodescriptor', blocks, descriptor);
