import type {Random} from '../random.js';
import type {Action, DeviceRequest, NodeRole, PolicyAnswer, PolicyScript, RestartKind} from '../scenario/scenario.js';
import {type FaultKind, faultKinds} from '../faults/fault.js';
import {drawSettings, type FaultName, type Swarm} from './swarm.js';

/** What the generator sees of the world. */
export interface View {
  /** Of the chain, whatever the tower has seen of it. */
  readonly height: number;
  /** The highest that it ever was. */
  readonly highest: number;
}

/** Few, so that they meet often. */
const users = ['alice', 'bob', 'carol', 'dave'];
const devices = ['phone', 'laptop', 'tablet', 'desktop', 'alice'];
const appointments = ['one', 'two', 'three'];
const blobBytes = [0, 1, 500, 2048, 2049, 6000];
/** How far below the highest block a branch may begin: the tower undoes 100. */
const undoable = 95;

interface Branch {
  readonly name: string;
  /** Height at which it leaves what was the best chain; nothing below it is ever replaced. */
  fork: number;
}

/** Draws one action after the other. */
export class Generator {
  readonly #swarm: Swarm;
  readonly #random: Random;
  /** Where the main branch and the others could make the tower go back to. */
  #branches: Branch[] = [];
  readonly #main: Branch = {name: 'main', fork: Number.POSITIVE_INFINITY};

  /** What comes next, come what may. */
  readonly #planned: Action[] = [];

  constructor(swarm: Swarm, random: Random) {
    this.#swarm = swarm;
    this.#random = random;
  }

  next(view: View): Action {
    return this.#planned.shift() ?? this.#draw(view);
  }

  #draw(view: View): Action {
    const {features, faults} = this.#swarm;
    const part = <T extends string>(set: ReadonlySet<T>, name: T, weight: number) => (set.has(name) ? weight : 0);
    const draw = this.#random.weighted<() => Action>([
      [10, () => this.#mine()],
      [2, () => ({type: 'mine_to_next', due: 'due'})],
      [part(features, 'deep', 1), () => ({type: 'mine', blocks: this.#random.between(90, 125)})],
      [part(features, 'registrations', 7), () => ({type: 'register', user: this.#random.pick(users)})],
      [part(features, 'appointments', 6), () => this.#appointment()],
      [part(features, 'requests', 7), () => this.#request(view)],
      [part(features, 'operator', 3), () => this.#decision()],
      [part(features, 'deletions', 2), () => this.#operation()],
      [part(features, 'reorgs', 4), () => this.#reorg(view)],
      [part(features, 'branches', 3), () => this.#branch(view)],
      [part(features, 'branches', 2), () => this.#excursion(view)],
      [part(features, 'requests', 2), () => this.#rush()],
      [features.has('branches') ? part(features, 'requests', 2) : 0, () => this.#timeout(view)],
      [part(faults, 'kills', 4), () => ({type: 'restart', kind: this.#random.pick(restarts)})],
      [part(faults, 'settings', 2), () => this.#settings()],
      [this.#kinds.length > 0 ? 5 : 0, () => this.#fault()],
      [this.#kinds.length > 0 ? 2 : 0, () => ({type: 'fault', fault: 'heal', amount: 1})],
    ]);
    return draw();
  }

  #mine(): Action {
    const blocks = this.#swarm.faults.has('skips') ? this.#random.pick([1, 1, 2, 3, 5, 9, 20]) : 1;
    return {type: 'mine', blocks};
  }

  #appointment(): Action {
    const random = this.#random;
    const {features} = this.#swarm;
    const user = random.pick(features.has('requests') ? [...users, 'phone', 'laptop'] : users);
    const name = random.pick(appointments);
    return {type: 'appointment', user, name, blobBytes: random.pick(blobBytes)};
  }

  #request(view: View): Action {
    const random = this.#random;
    if (random.chance(0.2)) return this.#registration(random.pick(devices));
    const {features, faults} = this.#swarm;
    const type = random.pick(
      features.has('nodes') ? (['signup', 'login', 'node'] as const) : (['signup', 'login'] as const),
    );
    const device = random.pick(devices);
    const lie = faults.has('lies') && random.chance(0.2);
    const isOld = lie && random.chance(0.5);
    return {
      type,
      device,
      ...(random.chance(0.5) ? {as: random.pick(users)} : {}),
      ...(type !== 'node' && random.chance(0.3) ? {info: random.pick(['code 1', 'code 2'])} : {}),
      ...(random.chance(0.8) ? {script: this.#script(type)} : {}),
      ...(isOld ? {signedAt: Math.max(0, view.height - random.between(1, 12))} : {}),
      ...(lie && !isOld ? {signedBy: random.pick(devices)} : {}),
    };
  }

  /** A request that nobody has signed, for a new user or for a node, as the level of the tower has it. */
  #registration(device: string): Action {
    const random = this.#random;
    return {
      type: 'request_registration',
      device,
      ...(random.chance(0.3) ? {as: random.pick(users)} : {}),
      ...(random.chance(0.8) ? {script: this.#script(random.pick(['signup', 'node'] as const))} : {}),
    };
  }

  #script(type: DeviceRequest['type']): PolicyScript {
    const random = this.#random;
    const answers = (count: number) => Array.from({length: count}, () => this.#answer(type));
    return {
      callback: random.chance(0.5) ? [{type: 'returns', value: -2}] : answers(random.between(1, 2)),
      check: answers(random.between(0, 3)),
    };
  }

  #answer(type: DeviceRequest['type']): PolicyAnswer {
    const random = this.#random;
    const role = random.pick(['primary', 'secondary', '']);
    return random.weighted<PolicyAnswer>([
      [4, {type: 'returns', value: type === 'node' ? role : type === 'signup' ? 0 : -1}],
      [3, {type: 'user', name: random.pick(users)}],
      [3, {type: 'returns', value: -2}],
      [1, {type: 'returns', value: -1}],
      [1, {type: 'returns', value: random.between(1, 4)}],
      ...(this.#swarm.faults.has('policies')
        ? ([
            [1, {type: 'throws'}],
            [1, {type: 'unavailable'}],
            [1, {type: 'hangs', blocks: random.between(1, 4)}],
          ] as const)
        : []),
    ]);
  }

  #decision(): Action {
    const random = this.#random;
    const device = random.pick(devices);
    const role = random.pick<NodeRole>(['primary', 'secondary']);
    const isNode = this.#swarm.features.has('nodes') && random.chance(0.3);
    return random.weighted<() => Action>([
      [
        3,
        () => ({
          type: 'approve',
          request: {device},
          ...(isNode ? {role} : random.chance(0.3) ? {user: random.between(0, 3)} : {}),
        }),
      ],
      [2, () => ({type: 'deny', request: {device}, reason: 'no'})],
      [2, () => (isNode ? {type: 'authorize', device, role} : {type: 'authorize', device, user: random.between(0, 4)})],
      [2, () => ({type: 'revoke', device})],
    ])();
  }

  #operation(): Action {
    const random = this.#random;
    const user = random.between(1, 4);
    return random.chance(0.6) ? {type: 'extend', user, blocks: random.between(1, 12)} : {type: 'delete', user};
  }

  #reorg(view: View): Action {
    const random = this.#random;
    const most = Math.min(this.#swarm.features.has('deep') && random.chance(0.2) ? 60 : 8, this.#reach(view));
    if (most < 1) return {type: 'mine', blocks: 1};
    const depth = random.between(1, most);
    this.#goneTo(view.height - depth);
    return {type: 'reorg', depth, blocks: depth + random.between(this.#swarm.adapter ? 1 : 0, 3)};
  }

  #branch(view: View): Action {
    const random = this.#random;
    const lowest = view.highest - undoable;
    this.#branches = this.#branches.filter(({fork}) => fork >= lowest);
    const known = [...this.#branches, ...(this.#main.fork >= lowest && this.#branches.length > 0 ? [this.#main] : [])];
    if (known.length > 0 && random.chance(0.4)) return {type: 'switch_to', branch: random.pick(known).name};
    const most = Math.min(8, this.#reach(view));
    if (most < 1) return {type: 'mine', blocks: 1};
    if (random.chance(0.4)) {
      const blocks = random.between(1, most);
      this.#goneTo(view.height - blocks);
      return {type: 'step_back', blocks};
    }
    const at = view.height - random.between(1, most);
    const name = `fork-${this.#branches.length}-${view.highest}`;
    if (this.#branches.some((branch) => branch.name === name)) return {type: 'mine', blocks: 1};
    this.#goneTo(at);
    this.#branches.push({name, fork: at});
    return {type: 'branch', name, at, blocks: random.between(1, most + 2)};
  }

  /** Some blocks there, and the same back. */
  #excursion({height, highest}: View): Action {
    const blocks = this.#random.between(1, Math.min(12, Math.max(1, undoable - (highest - height))));
    this.#goneTo(height);
    this.#planned.push({type: 'step_back', blocks});
    return {type: 'mine', blocks};
  }

  /** Several requests that are answered at once, and a block that may not take all of the answers. */
  #rush(): Action {
    const [first, ...others] = devices.map((device): Action => {
      const script: PolicyScript = {callback: [{type: 'returns', value: -2}], check: [{type: 'returns', value: 0}]};
      return {type: this.#random.chance(0.3) ? 'request_registration' : 'signup', device, script};
    });
    const fewer: Action[] = this.#swarm.faults.has('settings') ? [{type: 'set', settings: {authBudget: 1}}] : [];
    this.#planned.push(...others, {type: 'mine', blocks: 1}, ...fewer, {type: 'mine', blocks: 1});
    return first!;
  }

  /** Requests time out, somebody asks anew in the name of a device, and the block in which they did goes. */
  #timeout(view: View): Action {
    if (this.#reach(view) < 1) return {type: 'mine', blocks: 1};
    this.#goneTo(view.height - 1);
    this.#planned.push(this.#registration(this.#random.pick(devices)), {type: 'step_back', blocks: 1});
    return {type: 'mine_to_next', due: 'timeout'};
  }

  #settings(): Action {
    const drawn = drawSettings(this.#random, this.#swarm.features);
    const names = [
      'subscriptionSlots',
      'subscriptionDuration',
      'expiryDelta',
      'renewal',
      'authBudget',
      'requestTtl',
      'maxPendingRequests',
      'maxUnprovenRequests',
    ] as const;
    const changed = this.#random.subset(names);
    const settings = Object.fromEntries((changed.length > 0 ? changed : names).map((name) => [name, drawn[name]]));
    return {type: 'set', settings};
  }

  #fault(): Action {
    const kind = this.#random.pick(this.#kinds);
    const {counts, most} = faultKinds[kind];
    const few = this.#random.between(1, Math.min(most, 4));
    const long = this.#random.pick([10, 700, 45_000]);
    // A node that keeps fewer blocks than a reorg may replace is none that a tower can follow.
    const amount = kind === 'node_prunes' ? undoable + few : counts === 'milliseconds' ? long : few;
    return {type: 'fault', fault: kind, amount};
  }

  get #kinds(): readonly FaultKind[] {
    return kindsOf.flatMap(([name, kinds]) => (this.#swarm.faults.has(name) ? kinds : []));
  }

  /** How many of the last blocks may be replaced. */
  #reach({height, highest}: View): number {
    return Math.min(height, height - (highest - undoable));
  }

  /** A fork at this height may be gone back to from every branch. */
  #goneTo(height: number): void {
    for (const branch of [...this.#branches, this.#main]) branch.fork = Math.min(branch.fork, height);
  }
}

const restarts: readonly RestartKind[] = ['clean', 'kill_before_commit', 'kill_after_commit'];

const kindsOf: readonly (readonly [FaultName, readonly FaultKind[]])[] = [
  [
    'notifications',
    ['lose_notifications', 'delay_notifications', 'double_notifications', 'reorder_notifications', 'silence'],
  ],
  ['rpc', ['rpc_errors', 'rpc_timeouts', 'rpc_busy', 'rpc_truncated', 'cookie_changes']],
  ['node', ['node_loses', 'node_resyncs', 'node_prunes']],
  ['disk', ['disk_fails', 'disk_slow']],
  ['clients', ['race', 'resend']],
];
