import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../gatekeeper/settings.js';
import {unreachable} from '../../errors/index.js';
import {faultKinds} from '../faults/fault.js';
import type {Action} from '../scenario/scenario.js';
import type {Replaying, RunResult, Story} from './run.js';

export interface ShrinkParts {
  /** Plays a story again. */
  readonly replay: (story: Story, how: Replaying) => Promise<RunResult>;
  /** Whether a story may be written down as a scenario. */
  readonly isValid?: (story: Story) => boolean;
  /** Told after each attempt how many steps are left. */
  readonly onAttempt?: ((attempts: number, steps: number) => void) | undefined;
  /** Attempts at most. @default 2000 */
  readonly maxAttempts?: number | undefined;
}

/**
 * Makes a failing run as short as it gets while it breaks the same invariant: leaves out steps, ever fewer at once
 * (delta debugging), then makes what is left simpler, until neither helps.
 */
export async function shrink(failed: RunResult, parts: ShrinkParts): Promise<RunResult> {
  return new Shrinking(failed, parts).run();
}

class Shrinking {
  #best: RunResult;
  #attempts = 0;
  readonly #parts: ShrinkParts;
  readonly #invariant: string | undefined;
  readonly #tried = new Set<string>();

  constructor(failed: RunResult, parts: ShrinkParts) {
    this.#best = failed;
    this.#parts = parts;
    this.#invariant = failed.violation?.invariant;
  }

  async run(): Promise<RunResult> {
    // What fails only while it is drawn cannot be made smaller.
    if (!(await this.#fails(this.#best.story))) return this.#best;
    for (let before = -1; before !== this.#tried.size && !this.#isOver;) {
      before = this.#tried.size;
      await this.#leaveOut();
      await this.#join();
      await this.#simplify();
    }
    return this.#best;
  }

  get #isOver(): boolean {
    return this.#attempts >= (this.#parts.maxAttempts ?? 2_000);
  }

  get #actions(): readonly Action[] {
    return this.#best.story.actions;
  }

  /** From the end, for what comes last leans on what came before. */
  async #leaveOut(): Promise<void> {
    for (let size = Math.max(1, this.#actions.length >> 1); ; size >>= 1) {
      for (let end = this.#actions.length; end > 0 && !this.#isOver;) {
        const start = Math.max(0, end - size);
        await this.#try({actions: [...this.#actions.slice(0, start), ...this.#actions.slice(end)]});
        end = Math.min(start, this.#actions.length);
      }
      if (size <= 1) return;
    }
  }

  /** Blocks that are mined one after the other, at once. */
  async #join(): Promise<void> {
    for (let i = this.#actions.length - 1; i > 0 && !this.#isOver; i--) {
      const [first, second] = [this.#actions[i - 1], this.#actions[i]];
      if (first?.type !== 'mine' || second?.type !== 'mine') continue;
      const joined: Action = {type: 'mine', blocks: first.blocks + second.blocks};
      await this.#try({actions: this.#actions.toSpliced(i - 1, 2, joined)});
    }
  }

  async #simplify(): Promise<void> {
    for (let i = 0; i < this.#actions.length && !this.#isOver; i++) {
      for (let isBetter = true; isBetter;) {
        isBetter = false;
        for (const action of simpler(this.#actions[i]!)) {
          if (!(await this.#try({actions: this.#actions.with(i, action)}))) continue;
          isBetter = i < this.#actions.length;
          break;
        }
      }
    }
    const {settings, startHeight} = this.#best.story;
    for (const name of Object.keys(settings) as (keyof GatekeeperSettings)[]) {
      if (this.#best.story.settings[name] === defaultGatekeeperSettings[name] || this.#isOver) continue;
      await this.#try({settings: {...this.#best.story.settings, [name]: defaultGatekeeperSettings[name]}});
    }
    if (startHeight !== plainHeight) await this.#try({startHeight: plainHeight});
    if (this.#best.story.adapter) await this.#try({adapter: false});
  }

  /** What differs from one time to the next is seen by playing twice. */
  async #replayed(story: Story): Promise<RunResult> {
    if (this.#invariant !== 'determinism') return this.#parts.replay(story, {});
    const first = await this.#parts.replay(story, {log: false});
    return first.violation ? first : this.#parts.replay(story, {digest: first.digest, log: false});
  }

  async #try(change: Partial<Story>): Promise<boolean> {
    const story = {...this.#best.story, ...change};
    const text = JSON.stringify(story);
    if (this.#isOver || this.#tried.has(text)) return false;
    this.#tried.add(text);
    this.#attempts++;
    const fails = await this.#fails(story);
    this.#parts.onAttempt?.(this.#attempts, this.#actions.length);
    return fails;
  }

  /** Whether it fails the same way; it is then the best so far. */
  async #fails(story: Story): Promise<boolean> {
    const result = await this.#replayed(story);
    if (result.violation?.invariant !== this.#invariant) return false;
    if (this.#parts.isValid && !this.#parts.isValid(result.story) && this.#parts.isValid(this.#best.story))
      return false;
    this.#best = result;
    return true;
  }
}

/** Where a story begins unless it matters. */
const plainHeight = 101;

/** Simpler things to do instead, the simplest first. */
function simpler(action: Action): Action[] {
  switch (action.type) {
    case 'refuse':
      return simpler(action.request);
    case 'mine':
      return smaller(action.blocks, 1).map((blocks) => ({...action, blocks}));
    case 'mine_to_next':
      return [{type: 'mine', blocks: 1}];
    case 'reorg':
      return [
        ...smaller(action.depth, 1).map((depth) => ({...action, depth, blocks: depth + 1})),
        ...(action.blocks === action.depth + 1 ? [] : [{...action, blocks: action.depth + 1}]),
      ];
    case 'step_back':
      return smaller(action.blocks, 1).map((blocks) => ({...action, blocks}));
    case 'branch':
      return smaller(action.blocks, 1).map((blocks) => ({...action, blocks}));
    case 'fault':
      return action.fault === 'heal' || faultKinds[action.fault].counts === 'milliseconds'
        ? []
        : smaller(action.amount, 1).map((amount) => ({...action, amount}));
    case 'restart':
      return action.kind === 'clean' ? [] : [{...action, kind: 'clean'}];
    case 'set':
      return Object.keys(action.settings).length < 2
        ? []
        : Object.entries(action.settings).map(([name, value]) => ({...action, settings: {[name]: value}}));
    case 'appointment':
      return smaller(action.blobBytes, 0).map((blobBytes) => ({...action, blobBytes}));
    case 'signup':
    case 'login':
    case 'node':
    case 'request_registration': {
      const {type, device, script, ...others} = action;
      const plain = {type, device, ...(script ? {script} : {})};
      const scripts = script?.check.length ? [{callback: script.callback, check: script.check.slice(0, -1)}] : [];
      return [
        ...(script ? [{type, device, ...others}] : []),
        ...(Object.keys(others).length > 0 ? [plain] : []),
        ...scripts.map((shorter) => ({...action, script: shorter})),
      ];
    }
    case 'extend':
      return smaller(action.blocks, 1).map((blocks) => ({...action, blocks}));
    case 'register':
    case 'renew':
    case 'approve':
    case 'deny':
    case 'authorize':
    case 'revoke':
    case 'delete':
    case 'mine_to':
    case 'mine_until':
    case 'switch_to':
    case 'snapshot':
    case 'restore':
    case 'roll_back':
    case 'export':
    case 'expect':
    case 'note':
      return [];
    default:
      return unreachable(action);
  }
}

/** The least, the half, and one less. */
const smaller = (value: number, least: number): number[] =>
  [...new Set([least, value >> 1, value - 1])].filter((it) => it >= least && it < value);
