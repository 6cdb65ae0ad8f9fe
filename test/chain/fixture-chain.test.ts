import test from 'ava';
import fc from 'fast-check';
import {formatFixture, formatFixtureLine, parseFixture} from '../../src/chain/fixture.js';
import {FixtureChain} from '../../src/chain/fixture-chain.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';

const chain = new SimulatedChain({seed: 'fixture'});
chain.mine(3);
chain.reorg({depth: 1, blocks: 2});
const blocks = [...chain.arrivals()];
const lines = blocks.map((raw) => formatFixtureLine(raw).trim());

test('a fixture holds what was written, comments apart', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('bitcoin' as const, 'testnet4' as const, 'regtest' as const),
      fc.nat({max: 999_999_999}),
      fc.array(fc.uint8Array({minLength: 1, maxLength: 40}), {minLength: 1}),
      (network, startHeight, raws) => {
        const text = formatFixture({network, startHeight, comments: ['a story', ''], blocks: raws});
        const read = parseFixture(text);
        t.like(read, {network, startHeight});
        t.deepEqual(
          read.blocks.map(({raw}) => Buffer.from(raw)),
          raws.map((raw) => Buffer.from(raw)),
        );
      },
    ),
  );
});

test('blank lines, comments, capitals and DOS line ends are read over', (t) => {
  const text = `# first\r\n\r\n${lines[0]?.toUpperCase()}\r\n  # second\r\n  ${lines[1]}  \r\n`;
  t.deepEqual(
    parseFixture(text).blocks.map(({line, raw}) => [line, Buffer.from(raw).toString('hex')]),
    [
      [3, lines[0]],
      [5, lines[1]],
    ],
  );
});

test('blocks arrive when they are let in, and wake when the tip moves', (t) => {
  const source = new FixtureChain(lines.join('\n'));
  let wakes = 0;
  source.onWake(() => wakes++);
  t.deepEqual([source.tip.height, source.remaining], [0, 5]);
  t.deepEqual(
    source.arrive(3).map(({height}) => height),
    [1, 2, 3],
  );
  t.is(wakes, 1);
  t.is(source.arrive().length, 1);
  t.deepEqual([source.tip.height, wakes], [3, 1], 'an equal-work fork');
  t.deepEqual(
    source.arriveAll().map(({hash}) => hash),
    [chain.tip.hash],
  );
  t.deepEqual([source.tip.hash, wakes, source.remaining], [chain.tip.hash, 2, 0]);
  t.deepEqual(source.arrive(), []);
});

test('a file may begin above genesis, at the height that it tells', async (t) => {
  const source = new FixtureChain(`# start_height: 1\n${lines.slice(1).join('\n')}`);
  t.is(source.tip.height, 1);
  source.arriveAll();
  t.is(source.tip.height, 4);
  t.is(source.tip.hash, chain.tip.hash);
  t.deepEqual(await source.headers(0, 4), await source.headers(1, 4));
  t.is((await source.headers(1, 4)).length, 4);
});

/** Each: what is wrong, the file, the line to be named, and what the message says. */
const damaged: [title: string, text: string, line: number, message: RegExp][] = [
  ['a digit that is none', `${lines[0]}\n${lines[1]?.replace(/.$/, 'g')}`, 2, /column \d+ holds "g", not a hex digit/],
  ['an odd number of digits', `# story\n${lines[0]}\n${lines[1]?.slice(1)}`, 3, /odd number/],
  ['a block that is cut short', `${lines[0]}\n\n${lines[1]?.slice(0, -2)}`, 3, /the data end at byte/],
  ['less than a header', `${lines[0]}\nabcd`, 2, /a header has 80 bytes, not 2/],
  ['a byte to spare', `${lines[0]}\n${lines[1]}00`, 2, /1 bytes follow/],
  ['another transaction than the header commits to', `${lines[0]}\n${patch(lines[1], 150, 'ff')}`, 2, /merkle root/],
  ['a header whose work is missing', `${lines[0]}\n${patch(lines[1], 72, 'ffff001d')}`, 2, /above the target/],
  ['a block without a parent', `${lines[0]}\n${lines[1]}\n${lines[3]}`, 3, /parent of block/],
  ['a block that is given twice', `${lines[0]}\n${lines[1]}\n${lines[1]}`, 3, /in an earlier line, too/],
  ['no block at all', '# nothing\n', 2, /without a block/],
  ['an unknown network', `# network: mars\n${lines[0]}`, 1, /unknown network mars/],
  ['another network than its genesis block', `# network: bitcoin\n${lines[0]}`, 2, /not the genesis block of bitcoin/],
  ['no number for a height', `# start_height: ten\n${lines[0]}`, 1, /whole number/],
  ['a height for genesis other than 0', `# start_height: 5\n${lines[0]}`, 2, /start_height/],
  ['no height above genesis', `${lines[1]}`, 1, /start_height/],
  ['height 0 above genesis', `# start_height: 0\n${lines[1]}`, 2, /not a genesis block/],
  ['a line of more than a block', `${lines[0]}\n${'00'.repeat(4_000_001)}`, 2, /at most 4000000 bytes/],
];

for (const [title, text, line, message] of damaged) {
  test(`a fixture with ${title} is refused, with its line`, (t) => {
    const error = t.throws(() => new FixtureChain(text, 'story.hex'), {code: 'TOWER_INVALID_FIXTURE', message});
    t.true(error?.message.startsWith(`story.hex:${line}: `), error?.message);
    t.like(error, {facts: {line}});
  });
}

function patch(hex: string | undefined, at: number, bytes: string): string {
  return `${hex?.slice(0, 2 * at)}${bytes}${hex?.slice(2 * at + bytes.length)}`;
}
