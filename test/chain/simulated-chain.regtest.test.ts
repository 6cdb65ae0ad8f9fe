import {formatFixture} from '../../src/chain/fixture.js';
import {FixtureChain} from '../../src/chain/fixture-chain.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {spend} from '../../src/chain/spend.js';
import {mine, regtestTest} from '../support/regtest.js';

const hex = (raw: Uint8Array): string => Buffer.from(raw).toString('hex');

regtestTest('a real bitcoind accepts every block of a simulated chain and follows it', async (t, start) => {
  const node = await start();
  const mined: string[] = [];
  const chain = new SimulatedChain({seed: 'real', onBlock: (raw) => mined.push(hex(raw))});
  /** What bitcoind says of the new blocks but "accepted"; `inconclusive` is a valid block off its best chain. */
  const submit = async (): Promise<string[]> => {
    const answers: (string | null)[] = [];
    for (const raw of mined.splice(0)) answers.push(await node.rpc<string | null>('submitblock', raw));
    t.is(await node.rpc('getbestblockhash'), chain.tip.hash);
    return answers.filter((answer) => answer !== null);
  };

  chain.mine(320); // two halvings, and pushes of height in one, two and three bytes
  t.deepEqual(await submit(), []);

  chain.reorg({depth: 3, blocks: 3});
  t.deepEqual(await submit(), ['inconclusive', 'inconclusive', 'inconclusive']);
  chain.reorg({depth: 6, blocks: 7});
  t.deepEqual(await submit(), Array(6).fill('inconclusive'));

  const transactions = [chain.spendCoinbase(2)];
  for (let last = transactions[0]; last !== undefined && transactions.length < 260; transactions.push(last)) {
    last = spend({txid: last.txid, index: 0, amountSats: last.outputs[0]?.amountSats ?? 0n});
  }
  const [crowded] = chain.mine(2, {transactions: transactions.map(({raw}) => raw)});
  t.deepEqual(await submit(), []);
  const {tx} = await node.rpc<{tx: string[]}>('getblock', crowded?.hash, 1);
  t.deepEqual(
    tx.slice(1),
    transactions.map(({txid}) => txid),
  );

  const loose = chain.spendCoinbase(3);
  t.is(await node.rpc('sendrawtransaction', hex(loose.raw)), loose.txid);
  const {chainwork} = await node.rpc<{chainwork: string}>('getblockheader', chain.tip.hash);
  t.is(BigInt(`0x${chainwork}`), chain.tip.chainwork);
});

regtestTest("a fixture chain replays a real bitcoind's own blocks", async (t, start) => {
  const node = await start();
  const hashes = [await node.rpc<string>('getblockhash', 0), ...(await mine(node, 20))];
  const blocks: Buffer[] = [];
  for (const hash of hashes) blocks.push(Buffer.from(await node.rpc<string>('getblock', hash, 0), 'hex'));
  const source = new FixtureChain(formatFixture({network: 'regtest', startHeight: 0, blocks}));
  source.arriveAll();
  t.deepEqual(
    (await source.headers(0, 20)).map(({hash}) => hash),
    hashes,
  );

  const chain = new SimulatedChain({seed: 'on top', blocks});
  t.is(await node.rpc('submitblock', hex(await nextBlock(chain))), null);
  t.is(await node.rpc('getbestblockhash'), chain.tip.hash);
});

async function nextBlock(chain: SimulatedChain): Promise<Uint8Array> {
  chain.mine(1);
  return (await chain.block(chain.tip.hash))?.raw ?? new Uint8Array();
}
