import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {Command} from 'commander';
import {sim} from '../../../src/cli/sim.js';
import {simulate} from '../../../src/sim/player.js';
import {parseScenario} from '../../../src/sim/scenario/scenario-file.js';
import {documentedKeys} from '../../../src/sim/scenario/scenario-schema.js';
import {MemoryStore} from '../../../src/store/index.js';

const page = readFileSync('docs/reference/scenario.md', 'utf8');

/** Keys in the first column of the first table below a heading. */
function keysBelow(heading: string): string[] {
  const [, below = ''] = page.split(`\n${heading}\n`);
  const table = below.slice(below.indexOf('|---')).split('\n\n')[0]!;
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!);
}

const sameKeys = test.macro({
  exec(t, heading: string, section: keyof typeof documentedKeys) {
    t.deepEqual(keysBelow(heading).toSorted(), documentedKeys[section].toSorted());
  },
  title: (_, heading: string) => `the page lists the keys that the schema has: ${heading.replaceAll('#', '').trim()}`,
});

test(sameKeys, '## The file', 'scenario');
test(sameKeys, '### tower', 'tower');
test(sameKeys, '### chain', 'chain');
test(sameKeys, '## Steps', 'steps');
test(sameKeys, '### Requests', 'ask');
test(sameKeys, '### expect', 'expect');
test(sameKeys, 'The map of a `request` holds what calls it, and what must be:', 'request');

test('every example on the page is a scenario, and ends as it expects', async (t) => {
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
  t.true(examples.length >= 2);
  for (const example of examples) {
    const rows = new MemoryStore();
    const scenario = parseScenario(Buffer.from(example), 'scenario.md');
    const {unmetLines} = await simulate(scenario, {openRows: async () => rows});
    t.deepEqual(unmetLines, [], scenario.name);
  }
});

test('the defaults on the page are those of the schema', (t) => {
  const {tower, chain} = parseScenario(Buffer.from('name: x\nsteps: [mine: 1]'), 'x');
  const wire: Record<string, string | number> = {
    subscription_slots: tower.subscriptionSlots,
    subscription_duration: tower.subscriptionDuration,
    expiry_delta: tower.expiryDelta,
    renewal: tower.renewal,
    auth: tower.auth,
    auth_budget: tower.authBudget,
    request_ttl: tower.requestTtl,
    request_attempts: tower.requestAttempts,
    max_pending_requests: tower.maxPendingRequests,
    denied_cooldown: tower.deniedCooldown,
    proof_window: tower.proofWindow,
    max_unproven_requests: tower.maxUnprovenRequests,
    start_height: chain.startHeight,
    seed: chain.seed,
  };
  for (const [key, value] of Object.entries(wire)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${key}\` |`));
    t.is(row?.split('|').at(-2)?.trim().replaceAll('`', ''), String(value), key);
  }
});

test('the page lists the flags of bartizan sim', (t) => {
  const command = new Command();
  sim.define(command);
  const flags = [...command.options.map(({long}) => long!), '--json'];
  const listed = [...page.matchAll(/^\| `(--\w+)/gm)].map(([, flag]) => flag!);
  t.deepEqual(listed.toSorted(), flags.toSorted());
});
