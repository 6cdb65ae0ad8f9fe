import type {TowerEvent} from '../../tower/events.js';
import {hasFaults} from '../player.js';
import {requestText} from '../timeline/request-text.js';
import {type Action, isRefusable, type Scenario, type UserRequest} from '../scenario/scenario.js';
import {Simulation} from '../simulation.js';
import type {Comparison, DisputedRequest, Fate, Semantics} from './comparison.js';
import {Lives} from './lives.js';
import {PythonTeos} from './python-teos.js';
import {RustTeos} from './rust-teos.js';
import type {ModelSettings, ModelUser, TowerModel} from './tower-model.js';

type ModelName = Exclude<Semantics, 'bartizan'>;

/** A tower that follows the story beside the real one. */
interface Beside {
  readonly name: ModelName;
  readonly model: TowerModel;
  readonly lives: Lives;
}

const models: Readonly<Record<ModelName, (settings: ModelSettings, tip: number) => TowerModel>> = {
  'rust-teos': (settings, tip) => new RustTeos(settings, tip),
  'python-teos': (settings, tip) => new PythonTeos(settings, tip, 'every block'),
  'python-teos-tips': (settings, tip) => new PythonTeos(settings, tip, 'tips'),
};

/**
 * Plays a scenario against the production tower, and tells models of other towers of the same requests and blocks.
 * Expectations are passed over: they hold for the tower itself.
 * @throws whatever ends a tower
 */
export async function compareSemantics(scenario: Scenario, semantics: readonly Semantics[]): Promise<Comparison> {
  const {seed, startHeight} = scenario.chain;
  const story = new Story(scenario, semantics);
  const simulation = await Simulation.open({
    seed,
    settings: scenario.tower,
    startHeight,
    ...(hasFaults(scenario) ? {troubles: {}} : {}),
    onEvent: (event) => story.hear(event),
    onEntry: (entry) => {
      if (entry.type === 'refused') story.refused(entry.code);
    },
  });
  story.nameOf = (id) => simulation.roster.nameOf(id);
  try {
    for (const step of scenario.steps) {
      if (step.type === 'expect' || step.type === 'note' || step.type === 'export') continue;
      await simulation.perform(step);
      story.tell(step, step.line);
    }
    await simulation.finish();
    const {registeredUsers} = simulation.tower.gatekeeper;
    const own = new Map<string, ModelUser>();
    for (const user of story.own.users) {
      const id = simulation.roster.idOf(user);
      const info = id === undefined ? undefined : await registeredUsers.byId(id);
      if (info) own.set(user, {slots: info.availableSlots, expiry: info.subscriptionExpiry});
    }
    return story.comparison(own);
  } finally {
    await simulation.close();
  }
}

/** What has happened so far, under all rules at once. */
class Story {
  readonly own = new Lives();
  /** What the story calls a user id. */
  nameOf: (userId: number) => string = String;
  readonly #scenario: Scenario;
  readonly #semantics: readonly Semantics[];
  readonly #beside: readonly Beside[];
  #settings: ModelSettings;
  #height: number;
  readonly #names = new Map<number, string>();
  /** What the chain has done in the present step. */
  readonly #moves: {readonly type: 'connected' | 'disconnected'; readonly height: number}[] = [];
  /** Why the tower itself has refused the present step. */
  #refusal: string | null = null;
  readonly #requests: DisputedRequest[] = [];
  readonly #notes: {height: number; semantics: Semantics; what: string}[] = [];
  readonly #unknown = new Set<string>();

  constructor(scenario: Scenario, semantics: readonly Semantics[]) {
    this.#scenario = scenario;
    this.#semantics = semantics;
    this.#settings = scenario.tower;
    this.#height = scenario.chain.startHeight;
    this.#beside = semantics
      .filter((name) => name !== 'bartizan')
      .map((name) => ({name, model: models[name](scenario.tower, this.#height), lives: new Lives()}));
  }

  /** Takes what the tower itself has done. */
  hear(event: TowerEvent): void {
    if (event.type === 'user_registered') this.#born(event.userId, event.height);
    else if (event.type === 'device_authorized') {
      if (event.created && event.userId !== null) this.#born(event.userId, event.height);
    } else if (event.type === 'user_deleted') this.own.end(this.#nameOf(event.userId), event.height);
    else if (event.type === 'block_connected') {
      this.#moves.push({type: 'connected', height: event.height});
      for (const id of event.userIds) this.own.end(this.#nameOf(id), event.height);
    } else if (event.type === 'block_disconnected') {
      this.#moves.push({type: 'disconnected', height: event.height});
      for (const id of event.userIds) this.own.begin(this.#nameOf(id), event.height - 1, true);
    }
  }

  refused(code: string): void {
    this.#refusal = code.replace('TOWER_', '').toLowerCase().replaceAll('_', ' ');
  }

  /** Tells the others of a step that the tower itself has behind it. */
  tell(action: Action, line: number): void {
    const asked = action.type === 'refuse' ? action.request : action;
    if (isKnown(asked)) this.#ask(asked, line);
    else if (isRefusable(asked)) this.#unknown.add(asked.type);
    else if (asked.type === 'restart') for (const {model} of this.#beside) model.restart();
    else if (asked.type === 'set') {
      this.#settings = {...this.#settings, ...asked.settings};
      for (const {model} of this.#beside) model.set(this.#settings);
    }
    this.#refusal = null;
    this.#move();
  }

  comparison(own: ReadonlyMap<string, ModelUser>): Comparison {
    const {name, chain} = this.#scenario;
    const views = this.#semantics.map((semantics) => {
      const beside = this.#beside.find((one) => one.name === semantics);
      return {semantics, lives: beside?.lives ?? this.own, users: beside?.model.users ?? own};
    });
    const everybody = new Set(views.flatMap(({lives}) => lives.users));
    const users = [...everybody].map((user) => {
      const fates = views.map(({lives, users}) => fateOf(lives, users.get(user), user));
      const told = fates.map((fate) => ({...fate, differs: !isSameFate(fate, fates[0]!)}));
      return {user, fates: Object.fromEntries(views.map(({semantics}, i) => [semantics, told[i]!]))};
    });
    return {
      scenario: name,
      semantics: this.#semantics,
      startHeight: chain.startHeight,
      height: this.#height,
      users,
      requests: this.#requests,
      notes: this.#notes,
      unknownSteps: [...this.#unknown],
    };
  }

  #born(userId: number, height: number): void {
    this.#names.set(userId, this.nameOf(userId));
    this.own.begin(this.#nameOf(userId), height);
  }

  #nameOf(userId: number): string {
    return this.#names.get(userId) ?? this.nameOf(userId);
  }

  #ask(request: UserRequest, line: number): void {
    const refusals: Partial<Record<Semantics, string | null>> = {};
    for (const {name, model, lives} of this.#beside) {
      const refusal =
        request.type === 'appointment' ? model.deposit(request.user, request) : model.register(request.user);
      refusals[name] = refusal ?? null;
      lives.meet(model.users, this.#height);
    }
    if (this.#semantics.includes('bartizan')) refusals.bartizan = this.#refusal;
    const isDisputed = new Set(Object.values(refusals).map((refusal) => refusal === null)).size > 1;
    if (isDisputed) this.#requests.push({height: this.#height, line, request: requestText(request), refusals});
  }

  #move(): void {
    const moves = this.#moves.splice(0);
    const last = moves.findLastIndex(({type}) => type === 'connected');
    for (const [i, {type, height}] of moves.entries()) {
      this.#height = type === 'connected' ? height : height - 1;
      for (const {name, model, lives} of this.#beside) {
        const what = type === 'connected' ? model.connected(height, i === last) : void model.disconnected(height);
        if (what !== undefined) this.#notes.push({height, semantics: name, what});
        lives.meet(model.users, height);
      }
    }
  }
}

const isKnown = (action: Action): action is UserRequest => ['register', 'renew', 'appointment'].includes(action.type);

const fateOf = (lives: Lives, user: ModelUser | undefined, name: string): Omit<Fate, 'differs'> => ({
  lives: lives.of(name),
  expiry: user?.expiry ?? null,
  slots: user?.slots ?? null,
});

const isSameFate = (a: Omit<Fate, 'differs'>, b: Omit<Fate, 'differs'>): boolean =>
  a.expiry === b.expiry &&
  a.slots === b.slots &&
  a.lives.length === b.lives.length &&
  a.lives.every(({from, to}, i) => b.lives[i]?.from === from && b.lives[i].to === to);
