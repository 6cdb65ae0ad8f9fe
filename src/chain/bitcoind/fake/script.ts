import {z} from 'zod';
import type {FakeNode} from './fake-node.js';
import {type Commanded, type Command, commands, height} from './commands.js';
import {closestTo} from '../../../tower/spelling.js';
import {fields, type Problem, problemsOf, shown, whole} from './values.js';

/** Steps of one script, those within repetitions counted once. */
const maxSteps = 10_000;
const maxNesting = 8;
const waitMs = whole(0, 86_400_000, 'milliseconds');
const times = whole(1, 1_000_000);
const listOfSteps = 'expected a list of steps such as `- mine: 1`';
const repetition = fields({times, steps: z.array(z.unknown(), {error: listOfSteps})});

interface Told {
  /** As it was written. */
  readonly name: string;
  readonly value: unknown;
  /** Where it stands in the script: indexes and names, for whoever shows its line. */
  readonly path: readonly PropertyKey[];
}

export type ScriptStep =
  | (Told & {readonly type: 'command'; readonly command: Command})
  | (Told & {readonly type: 'wait'; readonly ms: number})
  | (Told & {readonly type: 'wait_for'; readonly height: number})
  | (Told & {readonly type: 'stop'})
  | (Told & {readonly type: 'repeat'; readonly times: number; readonly steps: readonly ScriptStep[]});

/** The names of steps that a script knows. */
export const stepNames: readonly string[] = [...Object.keys(commands), 'wait', 'wait_for', 'repeat', 'stop'];

/**
 * Reads a script: a list of steps such as `{mine: 5}`, `{reorg: {depth: 2, blocks: 3}}` or `heal`. A step that takes
 * several values takes the first of them alone, too.
 */
export function readScript(value: unknown): {steps: readonly ScriptStep[]; problems: readonly Problem[]} {
  const problems: Problem[] = [];
  const steps = stepsOf(value, [], problems);
  return {steps, problems};
}

function stepsOf(value: unknown, path: readonly PropertyKey[], problems: Problem[]): ScriptStep[] {
  if (!Array.isArray(value)) {
    problems.push({path, message: value === null ? listOfSteps : `${listOfSteps}, not ${shown(value)}`});
    return [];
  }
  if (value.length > maxSteps || path.length > 3 * maxNesting) {
    problems.push({path, message: `a script has at most ${maxSteps} steps in a list, nested ${maxNesting} deep`});
    return [];
  }
  return (value as unknown[]).flatMap((step, index) => stepOf(step, [...path, index], problems));
}

function stepOf(step: unknown, path: readonly PropertyKey[], problems: Problem[]): ScriptStep[] {
  const fields = typeof step === 'string' ? {[step]: null} : step;
  const names = typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? Object.keys(fields) : [];
  const [name] = names;
  const refuse = (message: string, at: readonly PropertyKey[] = path): [] => {
    problems.push({path: at, message});
    return [];
  };
  if (name === undefined || names.length > 1) return refuse('a step is one thing to do, such as `mine: 1`');
  const value = (fields as Record<string, unknown>)[name];
  const told = {name, value, path};
  const inside = typeof step === 'string' ? path : [...path, name];
  const read = <T>(schema: z.ZodType<T>, from: unknown, use: (data: T) => ScriptStep): ScriptStep[] => {
    const {success, data, error} = schema.safeParse(from);
    if (success) return [use(data)];
    return problemsOf(error, from).flatMap((problem) =>
      refuse(`${[name, ...problem.path].join('.')}: ${problem.message}`, [...inside, ...problem.path]),
    );
  };
  switch (name) {
    case 'stop':
      if (value !== null) return refuse(takesNothing(name, value), inside);
      return [{type: 'stop', ...told}];
    case 'wait':
      return read(waitMs, value, (ms) => ({type: 'wait', ...told, ms}));
    case 'wait_for':
      return read(height, value, (data) => ({type: 'wait_for', ...told, height: data}));
    case 'repeat':
      return read(repetition, value, (data) => ({
        type: 'repeat',
        ...told,
        times: data.times,
        steps: stepsOf(data.steps, [...inside, 'steps'], problems),
      }));
    default: {
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      if (command === undefined) {
        const near = closestTo(name, stepNames);
        return refuse(
          `unknown step "${name}"; ${near ? `did you mean "${near}"?` : `the steps are ${stepNames.join(', ')}`}`,
        );
      }
      if (command.parameters.length === 0 && value !== null) return refuse(takesNothing(name, value), inside);
      return read(command.schema, valuesOf(command, value), (data) => ({
        type: 'command',
        ...told,
        value: data,
        command,
      }));
    }
  }
}

const takesNothing = (name: string, value: unknown): string => `${name}: takes nothing, not ${shown(value)}`;

/** A single value stands for the first parameter. */
function valuesOf({parameters}: Command, value: unknown): unknown {
  if (value === null || value === undefined) return {};
  return typeof value === 'object' && !Array.isArray(value) ? value : {[parameters[0]!]: value};
}

export interface PlayOptions {
  /** Hears of each step before it is done. */
  readonly onBegin?: (step: ScriptStep) => void;
  /** Hears of each step when it has been done. */
  readonly onStep?: (step: ScriptStep) => void;
  /** Ends the play between two steps, and any waiting. */
  readonly stopped: AbortSignal;
}

/** Plays the steps one after the other. @throws whatever a step throws */
export async function playScript(
  bitcoind: Commanded,
  steps: readonly ScriptStep[],
  options: PlayOptions,
): Promise<void> {
  for (const step of steps) {
    if (options.stopped.aborted) return;
    options.onBegin?.(step);
    await play(bitcoind, step, options);
    if (step.type !== 'repeat' && !options.stopped.aborted) options.onStep?.(step);
  }
}

async function play(bitcoind: Commanded, step: ScriptStep, options: PlayOptions): Promise<void> {
  switch (step.type) {
    case 'command':
      await step.command.run(bitcoind, step.value as never);
      return;
    case 'wait':
      return until(options.stopped, (done) => bitcoind.node.timers.after(step.ms, done));
    case 'wait_for':
      return until(options.stopped, (done) => whenAt(bitcoind.node, step.height, done));
    case 'stop':
      return bitcoind.stop();
    case 'repeat':
      for (let time = 0; time < step.times && !options.stopped.aborted; time++) {
        await playScript(bitcoind, step.steps, options);
      }
  }
}

/** Waits for what `begin` calls back for, or until it is stopped; `begin` answers how to give it up. */
function until(stopped: AbortSignal, begin: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stopped.removeEventListener('abort', abort);
      resolve();
    };
    const abort = (): void => {
      giveUp();
      resolve();
    };
    stopped.addEventListener('abort', abort);
    const giveUp = begin(done);
  });
}

function whenAt(node: FakeNode, wanted: number, done: () => void): () => void {
  const end = node.onTip(() => {
    if (node.tip.height < wanted) return;
    end();
    done();
  });
  if (node.tip.height >= wanted) {
    end();
    done();
  }
  return end;
}
