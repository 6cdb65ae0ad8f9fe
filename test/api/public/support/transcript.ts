import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {recoverKey, SigningKey} from '../../../../src/crypto/index.js';
import {registrationReceipt} from '../../../../src/crypto/receipt.js';
import {TowerProcess} from '../../../e2e/support/tower-process.js';
import {tempDir} from '../../../support/temp-dir.js';
import {askOnce, type WireAnswer} from './wire.js';

type Json = Readonly<Record<string, unknown>>;

interface Recorded {
  readonly status: number;
  readonly json?: Json;
  readonly text?: string;
}

export interface Step {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly chunked?: boolean;
    readonly no_length?: boolean;
  };
  readonly response: Recorded;
  /** How our answer compares: see fixtures/README.md. */
  readonly match: 'exact' | 'fields' | 'code' | 'status' | 'ours';
  readonly ours?: Recorded & {readonly error_code?: number; readonly fields?: readonly string[]};
  readonly why?: string;
}

/** A conversation with a tower that was recorded from rust-teos. */
export interface Transcript {
  readonly settings: Readonly<Record<string, number>>;
  readonly start_height: number;
  readonly tower_secret_key: string;
  readonly steps: readonly (Step | {readonly mine: number})[];
}

const folder = new URL('../../../../../fixtures/transcripts/', import.meta.url);

export const transcript = (name: string): Transcript =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Transcript;

const flagsOf = ({settings, start_height: height}: Transcript): string[] => [
  ...Object.entries(settings).flatMap(([name, value]) => [`--${name.replaceAll('_', '-')}`, String(value)]),
  '--sim-start-height',
  String(height),
];

/** A real tower with the key and the settings of the transcript. */
export async function towerOf(t: ExecutionContext, told: Transcript): Promise<TowerProcess> {
  const dataDir = tempDir(t);
  await writeFile(join(dataDir, 'tower.key'), `${told.tower_secret_key}\n`, {mode: 0o600});
  return new TowerProcess(t, dataDir, flagsOf(told));
}

/** Says every line of the transcript on a connection of its own, and compares what is answered. */
export async function converse(t: ExecutionContext, tower: TowerProcess, told: Transcript): Promise<void> {
  const {port} = await tower.api();
  const towerKey = new SigningKey(Buffer.from(told.tower_secret_key, 'hex')).publicKey;
  for (const step of told.steps) {
    if ('mine' in step) {
      await tower.admin.mine(step.mine);
      continue;
    }
    const {no_length: noLength, ...request} = step.request;
    compare(t, step, await askOnce(port, {...request, noLength}), towerKey);
  }
}

function compare(t: ExecutionContext, {name, response, match, ours}: Step, answer: WireAnswer, towerKey: string): void {
  const expected = match === 'ours' ? ours! : response;
  t.is(answer.status, expected.status, name);
  const json = answer.json as Json | undefined;
  switch (match) {
    case 'exact':
      if (response.json === undefined) t.is(answer.text, response.text ?? '', name);
      else t.deepEqual(comparable(json!), comparable(response.json), name);
      break;
    case 'fields':
      t.deepEqual(Object.keys(json!), Object.keys(response.json!), name);
      t.true(isReceipt(json!, towerKey), name);
      break;
    case 'code':
      t.is(json!['error_code'], response.json!['error_code'], name);
      t.is(json!['error'], String(response.json!['error']).replace(/ at line .*/, ''), name);
      break;
    case 'status':
      t.deepEqual(Object.keys(json!), ['error', 'error_code'], name);
      break;
    case 'ours':
      if (ours!.error_code !== undefined) t.is(json!['error_code'], ours!.error_code, name);
      if (ours!.fields !== undefined) t.deepEqual(Object.keys(json!), ours!.fields, name);
      if (ours!.json !== undefined) t.like(comparable(json!), comparable(ours!.json) as Record<string, unknown>, name);
      if (json?.['subscription_signature'] !== undefined) t.true(isReceipt(json, towerKey), name);
  }
}

/** The order of locators means nothing. */
const comparable = (json: Json): Json =>
  Array.isArray(json['locators']) ? {...json, locators: [...(json['locators'] as string[])].sort()} : json;

function isReceipt(json: Json, towerKey: string): boolean {
  const receipt = registrationReceipt({
    userKey: json['user_id'] as string,
    availableSlots: json['available_slots'] as number,
    subscriptionStart: json['subscription_start'] as number,
    subscriptionExpiry: json['subscription_expiry'] as number,
  });
  return recoverKey(receipt, json['subscription_signature'] as string) === towerKey;
}
