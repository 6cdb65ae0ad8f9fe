import {z} from 'zod';
import {OperationalError} from '../../../errors/index.js';
import type {FakeNode} from './fake-node.js';
import {faultKinds, faultSchema} from './faults.js';

/** Blocks that one command mines. */
const maxBlocks = 100_000;
const count = z.int().min(1).max(maxBlocks);
const height = z.int().min(0).max(0xffffffff);
const ms = z.int().min(0).max(3_600_000);
/** A block by its hash, or by its height on the active chain. */
const block = z.union([height, z.string().regex(/^[0-9a-f]{64}$/, 'a block is a height, or a hash of 64 hex digits')]);

/** A fake bitcoind, as those see it who command it. */
export interface Commanded {
  readonly node: FakeNode;
  restart(options: {readonly lose?: number | undefined; readonly downMs?: number | undefined}): Promise<void>;
  changeCookie(): Promise<void>;
  stop(): Promise<void>;
}

/** Something that a fake bitcoind is told to do: by a script, by an RPC method of its own, or by a program. */
export interface Command {
  readonly summary: string;
  /** In order, as the RPC method takes them. */
  readonly parameters: readonly string[];
  readonly schema: z.ZodType;
  /** Whether it changes what an answer would go out over, so that it has to wait for the answer. */
  readonly isLater: boolean;
  run(bitcoind: Commanded, value: never): unknown;
}

interface More {
  readonly parameters?: readonly string[];
  readonly isLater?: boolean;
}

function command<Schema extends z.ZodType>(
  summary: string,
  schema: Schema,
  run: (bitcoind: Commanded, value: z.infer<Schema>) => unknown,
  {parameters, isLater = false}: More = {},
): Command {
  const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : [];
  return {summary, parameters: parameters ?? keys, schema, isLater, run};
}

/** By name; names of parameters are those of the wire. */
export const commands: Readonly<Record<string, Command>> = {
  mine: command('Mines blocks on the active chain.', z.strictObject({blocks: count}), ({node}, {blocks}) =>
    node.mine(blocks).map(({hash}) => hash),
  ),
  reorg: command(
    'Leaves the active chain so many blocks below the tip, and mines others there.',
    z.strictObject({depth: count, blocks: count}),
    ({node}, asked) => node.reorg(asked).map(({hash}) => hash),
  ),
  fault: command(
    'Lets something go wrong.',
    faultSchema,
    ({node}, fault) => {
      node.faults.set(fault);
      return null;
    },
    {parameters: ['kind', 'next', 'ms', 'code', 'message', 'method', 'topic', 'until']},
  ),
  heal: command(
    'Ends all faults, or those of one kind.',
    z.strictObject({kind: z.enum(faultKinds).optional()}),
    ({node}, {kind}) => {
      node.faults.heal(kind);
      return null;
    },
  ),
  faults: command('Shows the faults that wait, and how often each kind has struck.', z.strictObject({}), ({node}) => ({
    active: node.faults.active,
    struck: node.faults.counts,
  })),
  restart: command(
    'Stops the node, and starts it again after a while, without its last blocks if so asked.',
    z.strictObject({lose: z.int().min(0).max(maxBlocks).optional(), down_ms: ms.optional()}),
    (bitcoind, {lose, down_ms}) => bitcoind.restart({lose, downMs: down_ms}),
    {isLater: true},
  ),
  follow: command(
    'Takes whole blocks, headers alone, or nothing from the chain that it follows.',
    z.strictObject({what: z.enum(['blocks', 'headers', 'nothing'])}),
    ({node}, {what}) => {
      node.follow(what);
      return null;
    },
  ),
  invalidate: command('Calls a block invalid.', z.strictObject({block}), ({node}, asked) => {
    node.invalidateBlock(hashOf(node, asked.block));
    return null;
  }),
  reconsider: command('Takes that back.', z.strictObject({block}), ({node}, asked) => {
    node.reconsiderBlock(hashOf(node, asked.block));
    return null;
  }),
  prune: command('Throws away the blocks up to a height.', z.strictObject({height}), ({node}, asked) => {
    node.prune(asked.height);
    return null;
  }),
  download: command('Is in initial block download, or not.', z.strictObject({on: z.boolean()}), ({node}, {on}) => {
    node.initialDownload = on;
    return null;
  }),
  warmup: command(
    'Answers everything with error -28 and this message; without one it answers again.',
    z.strictObject({message: z.string().max(1_000).optional()}),
    ({node}, {message}) => {
      node.warmingUp = message;
      return null;
    },
  ),
  cookie: command('Changes the cookie.', z.strictObject({}), (bitcoind) => bitcoind.changeCookie(), {isLater: true}),
};

function hashOf(node: FakeNode, asked: string | number): string {
  if (typeof asked === 'string') return asked;
  const entry = node.index.at(asked);
  if (entry !== undefined) return entry.header.hash;
  throw new OperationalError('TOWER_USAGE', `the active chain of the node has no block at height ${asked}`);
}
