import assert from 'node:assert/strict';
import {Buffer} from 'node:buffer';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {FakeBitcoind} from 'bartizan/fake-bitcoind';

/** What is to be tested: a client that asks again when its node is busy, and reads the cookie anew each time. */
async function tipOf({rpcUrl, cookiePath}) {
  for (;;) {
    const cookie = await readFile(cookiePath, 'utf8');
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: {authorization: `Basic ${Buffer.from(cookie).toString('base64')}`},
      body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'getblockchaininfo'}),
    });
    if (response.status === 503) continue;
    const {result} = await response.json();
    return {height: result.blocks, hash: result.bestblockhash};
  }
}

test('it asks again while the node is busy', async () => {
  const bitcoind = await FakeBitcoind.start({seed: 7});
  try {
    bitcoind.node.mine(101);
    bitcoind.node.faults.set({kind: 'busy', next: 3});
    assert.equal((await tipOf(bitcoind)).height, 101);
    assert.equal(bitcoind.node.faults.counts.busy, 3);
  } finally {
    await bitcoind.stop();
  }
});

test('it sees a reorg, and a node that has lost blocks and finds them again', async () => {
  const bitcoind = await FakeBitcoind.start();
  try {
    bitcoind.node.mine(10);
    const [, , tip] = bitcoind.node.reorg({depth: 2, blocks: 3});
    assert.deepEqual(await tipOf(bitcoind), {height: 11, hash: tip.hash});

    bitcoind.node.mine(1);
    await bitcoind.restart({lose: 1});
    assert.equal((await tipOf(bitcoind)).height, 11);
    bitcoind.node.follow('blocks');
    assert.equal((await tipOf(bitcoind)).height, 12);
  } finally {
    await bitcoind.stop();
  }
});
