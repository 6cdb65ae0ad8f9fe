import {hash} from 'node:crypto';
import {curve} from '../src/crypto/curve.js';
import {recoverKeyOn} from '../src/crypto/message-signature.js';
import {noble} from '../src/crypto/noble.js';
import type {Secp256k1} from '../src/crypto/secp256k1.js';
import {SigningKey} from '../src/crypto/signing-key.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';

/** So many turns a run, few calls each: what else the machine does weighs on both alike. */
const turns = 20;
const different = 64;

interface Rates {
  readonly recover: number;
  readonly sign: number;
  readonly check: number;
  readonly text: number;
}

type Kind = keyof Rates;

interface Run {
  readonly reference: Rates;
  readonly native: Rates;
  readonly calibrationMs: number;
}

const secret = new Uint8Array(32).fill(1);
const messages = Array.from({length: different}, (_, i) => Buffer.from(`message ${i}`));

/** What is measured, once, with the i-th of the inputs. */
function calls(on: Secp256k1): Record<Kind, (i: number) => unknown> {
  const digests = messages.map((message) => hash('sha256', message, 'buffer'));
  const signatures = digests.map((digest) => on.sign(digest, secret));
  const keys = digests.map((digest) => on.publicKey(digest));
  const signer = new SigningKey(secret, on);
  const texts = messages.map((message) => signer.sign(message));
  return {
    recover: (i) => on.recover(signatures[i]!, digests[i]!),
    sign: (i) => on.sign(digests[i]!, secret),
    check: (i) => on.isPoint(keys[i]!),
    text: (i) => recoverKeyOn(on, messages[i]!, texts[i]!),
  };
}

function timeOf(call: (i: number) => unknown, times: number): number {
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    if (!call(i % different)) throw new Error('a call that is measured has failed');
  }
  return performance.now() - start;
}

const takeTurns: Task = ({runs, few}: {runs: number; few: number}): Promise<Run[]> => {
  const measured = [
    {name: 'reference', of: calls(noble), times: few},
    {name: 'native', of: calls(curve), times: few * 10},
  ] as const;
  const results: Run[] = [];
  for (let run = 0; run <= runs; run++) {
    const calibrationMs = calibrate();
    const rates = {reference: {} as Record<Kind, number>, native: {} as Record<Kind, number>};
    for (const kind of ['recover', 'sign', 'check', 'text'] as const) {
      const spentMs = {reference: 0, native: 0};
      for (let turn = 0; turn < turns; turn++) {
        for (const {name, of, times} of measured) spentMs[name] += timeOf(of[kind], times);
      }
      for (const {name, times} of measured) rates[name][kind] = (1000 * turns * times) / spentMs[name];
    }
    // The first is for warming up.
    if (run > 0) results.push({...rates, calibrationMs});
  }
  return Promise.resolve(results);
};

async function measure(plan: Plan): Promise<Figure[]> {
  plan.progress(`${plan.runs} runs, ${curve.name} beside noble`);
  const runs = await plan.task<Run[]>('takeTurns', {runs: plan.runs, few: plan.quick ? 1 : 20});
  const figure = (what: string, unit: string, of: (run: Run) => number, target?: Figure['target']): Figure => ({
    what,
    unit,
    target,
    runs: runs.map(of),
    calibrationMs: runs.map(({calibrationMs}) => calibrationMs),
  });
  const beside = (kind: Kind, what: string, target?: Figure['target']): Figure[] => [
    figure(`${what}, noble`, 'a second', ({reference}) => reference[kind]),
    // Where the binding does not load, there is nothing to put beside it.
    ...(curve.name === 'noble'
      ? []
      : [
          figure(`${what}, ${curve.name}`, 'a second', ({native}) => native[kind]),
          figure(
            `${what}, ${curve.name} to noble`,
            'times',
            ({native, reference}) => native[kind] / reference[kind],
            target,
          ),
        ]),
  ];
  return [
    ...beside('recover', 'recover the key of a signature', atLeast(30)),
    ...beside('text', 'recover the key of a signature in zbase32, from the message'),
    ...beside('sign', 'sign a digest'),
    ...beside('check', 'check a public key'),
  ];
}

export default {tasks: {takeTurns}, measure} satisfies Benchmark;
