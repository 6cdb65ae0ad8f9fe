import {type ErrorCode, Rejection} from '../../errors/index.js';
import {examine} from './expectation.js';
import type {Finding} from './finding.js';
import {blocksInWords} from '../timeline/heights.js';
import {type DueKind, nextDue} from './next-due.js';
import {requestText} from '../timeline/request-text.js';
import {type Action, type Expectation, isRefusable, type Refusable} from '../scenario/scenario.js';
import type {Snapshots} from './snapshots.js';
import {registrations, type World} from './world.js';
import {writeWorld} from '../world-file/writer.js';

/** Types leave nothing over; a call that has none may. */
function noAction(action: never): never {
  throw noActionOf(action);
}

/** What to say of something that is given as an action, and is none. */
export function noActionOf(value: unknown): Rejection {
  const {type} = Object(value) as {readonly type?: unknown};
  const given = typeof type === 'string' ? `the type ${type}, which there is not` : 'something without a type';
  return new Rejection(
    'TOWER_INVALID_PARAMETER',
    `perform takes an action such as {type: 'mine', blocks: 3}, and was given ${given}; what a scenario file says goes to step({mine: 3})`,
  );
}

/** Does in a world what the steps of a story say, and finds out whether that brings what is expected. */
export class Performer {
  readonly #world: World;
  readonly #snapshots: Snapshots;

  constructor(world: World, snapshots: Snapshots) {
    this.#world = world;
    this.#snapshots = snapshots;
  }

  /**
   * @returns what was expected, met or not: a request is expected to be accepted
   * @throws whatever ends a tower; Rejection TOWER_INVALID_PARAMETER for what the chain cannot do
   */
  async perform(action: Action): Promise<Finding[]> {
    if (isRefusable(action)) return this.#accepted(action);
    const world = this.#world;
    const {driver} = world;
    if (action.type !== 'refuse' && action.type !== 'note') await world.sendTogether();
    switch (action.type) {
      case 'refuse':
        return this.#refused(action.request, action.code);
      case 'expect':
        return (await this.#examine(action.expectations)).map((finding) => this.#found(finding));
      case 'mine':
        await driver.mine(action.blocks);
        return [];
      case 'mine_to':
        await driver.mineTo(action.height);
        return [];
      case 'mine_to_next':
        return this.#mineToNext(action.due);
      case 'mine_until':
        return [await this.#mineUntil(action.expectations, action.within)];
      case 'reorg': {
        const {type, depth, blocks} = action;
        await driver.reorg({depth, blocks}, () => world.tell({type, height: world.height, depth, blocks}));
        return [];
      }
      case 'step_back':
        await driver.stepBack(action.blocks, () =>
          world.tell({type: 'stepped_back', height: world.height, blocks: action.blocks}),
        );
        return [];
      case 'branch': {
        const {name, at, blocks} = action;
        const from = driver.branches.has(name) ? undefined : (at ?? world.height);
        await driver.branch(action, () =>
          world.tell({type: 'branched', height: world.height, branch: name, at: from, blocks}),
        );
        return [];
      }
      case 'switch_to':
        await driver.switchTo(action.branch, () =>
          world.tell({type: 'switched', height: world.height, branch: action.branch}),
        );
        return [];
      case 'snapshot':
        this.#snapshots.requireFree(action.name);
        this.#snapshots.add(action.name, await world.state());
        world.tell({type: 'snapshot_taken', height: world.height, name: action.name});
        return [];
      case 'export':
        await this.export(action.path ?? action.file);
        world.tell({type: 'exported', height: world.height, file: action.file});
        return [];
      case 'restore':
        await world.become(this.#snapshots.get(action.name));
        world.tell({type: 'restored', height: world.height, name: action.name});
        return [];
      case 'roll_back': {
        const fromHeight = world.height;
        await world.rollBack(action.height);
        world.tell({type: 'rolled_back', height: world.height, fromHeight, events: world.toldEvents});
        return [];
      }
      case 'restart':
        await world.restart(action.kind);
        return [];
      case 'set':
        await world.set(action.settings);
        return [];
      case 'fault':
        return (await world.fault(action)).map((finding) => this.#found(finding));
      case 'note':
        return [];
      default:
        return noAction(action);
    }
  }

  /** Writes all that the world is now into a file. @throws OperationalError TOWER_FILE_FAILED */
  async export(path: string): Promise<void> {
    const {seed} = this.#world;
    const present = await this.#world.state();
    const {settings} = this.#world.tower.gatekeeper;
    await writeWorld(path, {seed, settings, present, snapshots: [...this.#snapshots]});
  }

  async #mineToNext(kind: DueKind): Promise<Finding[]> {
    const world = this.#world;
    const {driver} = world;
    const before = world.fallenDue.of(kind);
    let height = await nextDue(world.tower, kind);
    if (height !== undefined) {
      // The policy may let somebody in on the way, whose subscription then ends before what was due at first.
      await driver.mineTo(height, async () => {
        if (world.fallenDue.of(kind) > before) return world.chain.tip.height;
        height = await nextDue(world.tower, kind);
        return height ?? world.chain.tip.height;
      });
    }
    if (height === undefined) {
      const what = {due: 'something falls due', expiry: 'somebody expires', deletion: 'somebody is deleted'};
      const claim = kind === 'timeout' ? 'a request times out' : what[kind];
      return [this.#found({met: false, claim: `${claim} in a block to come`, actual: 'nothing does'})];
    }
    return [];
  }

  async #mineUntil(expectations: readonly Expectation[], within: number): Promise<Finding> {
    for (let mined = 0; ; mined++) {
      const findings = await this.#examine(expectations);
      const claims = findings.map(({claim}) => claim).join(', and ');
      const unmet = findings.filter(({met}) => !met).map(({actual}) => actual);
      if (unmet.length === 0) {
        return this.#found({met: true, claim: `${claims}, after ${blocksInWords(mined)}`, actual: ''});
      }
      if (mined === within) {
        const claim = `within ${blocksInWords(within)}, ${claims}`;
        return this.#found({met: false, claim, actual: unmet.join(', and ')});
      }
      await this.#world.driver.mine(1);
    }
  }

  async #examine(expectations: readonly Expectation[]): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const expectation of expectations) findings.push(await examine(expectation, this.#world));
    return findings;
  }

  async #accepted(request: Refusable): Promise<Finding[]> {
    const world = this.#world;
    const claim = `${requestText(request)}: accepted`;
    try {
      if (!(await world.ask(request))) return [];
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#tellRefusal(request, error, false);
      return [this.#found({met: false, claim, actual: `it was refused with ${error.code}`, refusal: error})];
    }
    if (request.type !== 'renew' || world.lastRegistration === 'subscription_renewed') return [];
    const actual = `${request.user} ${registrations[world.lastRegistration ?? 'user_registered']}`;
    return [this.#found({met: false, claim: `${request.user} has a subscription to renew`, actual})];
  }

  async #refused(request: Refusable, code: ErrorCode): Promise<Finding[]> {
    const claim = `it is refused with ${code}`;
    try {
      if (!(await this.#world.ask(request))) return [];
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      const met = error.code === code;
      this.#tellRefusal(request, error, met);
      const finding = {met, claim, actual: `it was refused with ${error.code}`};
      // Where it is met, the line above has said it all.
      return [met ? finding : this.#found(finding)];
    }
    return [this.#found({met: false, claim, actual: 'it was accepted'})];
  }

  #tellRefusal(request: Refusable, {code, message}: Rejection, isExpected: boolean): void {
    this.#world.tell({type: 'refused', height: this.#world.height, request, code, reason: message, isExpected});
  }

  #found(finding: Finding): Finding {
    const {met, claim, actual} = finding;
    this.#world.tell({type: 'expected', height: this.#world.height, met, claim, actual});
    return finding;
  }
}
