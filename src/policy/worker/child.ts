// The process of a policy begins here. See PolicyProcess for the other side.
import {writeFileSync} from 'node:fs';
import {constants, setPriority} from 'node:os';
import {inspect} from 'node:util';
import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {RequestKind} from '../../store/layout.js';
import type {Question} from '../../gatekeeper/auth/policy.js';
import {carry} from './carried.js';
import type {FromChild, ToChild} from './messages.js';
import {callbackOf, checkOf} from './names.js';
import {useSource} from './source-hook.js';
import type {Watched} from './watchdog.js';

type Function = (...args: unknown[]) => unknown;

const mebibyte = 1_048_576;
/** What Node.js comes to take besides, in the long run, for a policy that takes nothing. */
const overheadMiB = 32;
/** Of a message that travels; the tower keeps less of it. */
const maxMessageUnits = 1_000;
/** Of the module's exports that are named to the tower. */
const maxExports = 200;

const [parentPid, memoryLimitMiB] = process.argv.slice(2).map(Number) as [number, number];
const send = process.send!.bind(process) as (message: FromChild, then?: (unsent: Error | null) => void) => void;
// What the tower reads is of a known size; so a policy does not write to it.
delete (process as {send?: unknown}).send;

let policy: Record<string, unknown> = {};

process.on('disconnect', leave);
// They are meant for the tower, which ends this process when it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', dieOf);

const watched: Watched = {parentPid, allowanceBytes: (memoryLimitMiB + overheadMiB) * mebibyte};
const watchdog = new Worker(new URL('watchdog.js', import.meta.url), {workerData: watched});
watchdog.unref();
await once(watchdog, 'online');
stepBack();
process.on('message', (message: ToChild) => {
  switch (message.type) {
    case 'load':
      return void load(message.url, message.source);
    case 'ask':
      return ask(message.id, message.question);
    case 'ping':
      return send({type: 'pong'});
  }
});

/** Nobody needs this process any more, or the tower is gone. What the policy does when it exits comes first. */
function leave(): void {
  // The tower may not be there to do it: everything that the policy has started ends, too.
  process.on('exit', () => process.kill(-process.pid, 'SIGKILL'));
  process.exit();
}

/** Lets the tower have the processor first, and the system end this process first when memory runs out. */
function stepBack(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not every system can; the policy works all the same.
  }
}

async function load(url: string, source: string): Promise<void> {
  try {
    useSource(url, source);
    policy = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    process.off('uncaughtException', dieOf);
    send({type: 'broken', message: messageOf(error, {isSecret: false})}, () => {
      // Only when nobody catches it, Node.js tells the place of a syntax error: on stderr, which the tower reads.
      setImmediate(() => {
        throw error;
      });
    });
    return;
  }
  const exports = Object.keys(policy).slice(0, maxExports);
  send({type: 'loaded', exports: exports.map((name) => [name.slice(0, maxMessageUnits), typeof policy[name]])});
}

function ask(id: number, question: Question): void {
  send({type: 'begun', id});
  let value: unknown;
  try {
    value = call(question);
  } catch (error) {
    send({type: 'threw', id, message: messageOf(error)});
    return;
  }
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    send({type: 'awaiting', id});
    void settle(id, value);
  } else {
    send({type: 'answered', id, value: carry(value)});
  }
}

async function settle(id: number, value: unknown): Promise<void> {
  try {
    const settled: unknown = await value;
    send({type: 'answered', id, value: carry(settled)});
  } catch (error) {
    send({type: 'threw', id, message: messageOf(error)});
  }
}

function call({stage, kind, info, nodeInfo, context}: Question): unknown {
  const names: Readonly<Record<RequestKind, string>> = stage === 'callback' ? callbackOf : checkOf;
  const decide = policy[names[kind]] as Function;
  const node: unknown = stage === 'callback' ? nodeInfo : JSON.parse(nodeInfo);
  return kind === 'new_node' ? decide(node, context) : decide(info, node, context);
}

function dieOf(error: unknown): void {
  try {
    process.stderr.write(`${error instanceof SyntaxError ? placeOf(error) : inspect(error)}\n`);
  } finally {
    send({type: 'uncaught', message: messageOf(error)}, (unsent) => {
      if (unsent) leave();
      else process.exit(1);
    });
  }
}

/**
 * Of whatever has been thrown; asking it may throw again. A SyntaxError quotes the text that could not be parsed, which
 * may be signup_info or login_info.
 */
function messageOf(error: unknown, {isSecret = true} = {}): string {
  try {
    if (isSecret && error instanceof SyntaxError) return error.name;
    const message: unknown = error instanceof Error ? error.message : error;
    return String(message).slice(0, maxMessageUnits);
  } catch {
    return 'something that cannot be shown';
  }
}

/** Where it was thrown, without its message. */
const placeOf = (error: SyntaxError): string => [error.name, ...(error.stack?.match(/^ +at .*$/gm) ?? [])].join('\n');
