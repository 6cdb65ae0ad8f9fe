import type {z} from 'zod';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../gatekeeper/settings.js';
import {settingsTable} from '../../tower/settings-table.js';
import {
  definedOnly,
  orNobody,
  toApproval,
  toAuthorization,
  toDenial,
  toRequest,
  toRequestExpectation,
  toRevocation,
  toUnproven,
} from './auth-mapping.js';
import type {FaultKind} from '../faults/fault.js';
import type {Action, Expectation, NodeRole, Refusable, Scenario, UserName, UserRequest, UserState} from './scenario.js';
import {
  type appointment,
  type expectMap,
  type gatekeeperShape,
  type RefusableName,
  refusableNames,
  type scenarioSchema,
  type StepName,
  type stepSchemas,
} from './scenario-schema.js';

type GatekeeperFields = z.output<z.ZodObject<typeof gatekeeperShape>>;

function toGatekeeperSettings(fields: GatekeeperFields): Partial<GatekeeperSettings> {
  return definedOnly({
    subscriptionSlots: fields.subscription_slots,
    subscriptionDuration: fields.subscription_duration,
    expiryDelta: fields.expiry_delta,
    renewal: fields.renewal,
    auth: fields.auth,
    authBudget: fields.auth_budget,
    requestTtl: fields.request_ttl,
    requestAttempts: fields.request_attempts,
    maxPendingRequests: fields.max_pending_requests,
    maxUnprovenRequests: fields.max_unproven_requests,
    deniedCooldown: fields.denied_cooldown,
    proofWindow: fields.proof_window,
  });
}

/** The scenario without its steps, with every default filled in. */
export function toHead(fields: z.output<typeof scenarioSchema>): Omit<Scenario, 'steps'> {
  return {
    name: fields.name,
    ...(fields.about === undefined ? {} : {about: fields.about.trim()}),
    ...definedOnly({from: fields.from}),
    tower: {
      ...defaultGatekeeperSettings,
      ...toGatekeeperSettings(fields.tower ?? {}),
    },
    chain: {
      startHeight: fields.chain?.start_height ?? settingsTable.simStartHeight.fallback,
      seed: fields.chain?.seed ?? settingsTable.simSeed.fallback,
      ...definedOnly({node: fields.chain?.node}),
    },
  };
}

function toExpectations(map: z.output<typeof expectMap>): Expectation[] {
  const {
    user,
    device,
    request,
    state,
    slots,
    start,
    expiry,
    appointments,
    devices,
    role,
    pending,
    tip,
    users,
    ...states
  } = map;
  const expectations: Expectation[] = [];
  if (device !== undefined) {
    const facts = {state: state as 'authorized' | 'unknown' | undefined, user: orNobody<UserName>(user)};
    expectations.push({type: 'device', device, ...definedOnly({...facts, role: orNobody<NodeRole>(role)})});
  } else if (user !== undefined) {
    const facts = {state: state as UserState | undefined, slots, start, expiry, appointments, devices};
    expectations.push({type: 'user', user, ...definedOnly(facts)});
  }
  for (const [short, shortState] of Object.entries(states)) {
    expectations.push({
      type: 'user',
      user: short,
      state: shortState as UserState,
    });
  }
  if (request !== undefined) expectations.push(toRequestExpectation(request));
  if (pending !== undefined) expectations.push({type: 'pending', count: pending});
  if (tip !== undefined) expectations.push({type: 'tip', height: tip});
  if (users !== undefined) expectations.push({type: 'users', count: users});
  return expectations;
}

const toAppointment = (it: z.output<typeof appointment>): UserRequest => ({
  type: 'appointment',
  user: it.user,
  ...definedOnly({device: it.device}),
  name: it.name,
  blobBytes: it.blob_bytes,
});

const toRefusable: {
  readonly [Name in RefusableName]: (value: z.output<(typeof stepSchemas)[Name]>) => Refusable;
} = {
  register: (it) => ({type: 'register', user: it.user}),
  renew: (it) => ({type: 'renew', user: it.user}),
  appointment: toAppointment,
  signup: (it) => toRequest('signup', it),
  login: (it) => toRequest('login', it),
  node: (it) => toRequest('node', it),
  request_registration: toUnproven,
  approve: toApproval,
  deny: toDenial,
  authorize: toAuthorization,
  revoke: toRevocation,
  extend: ({user, blocks}) => ({type: 'extend', user, blocks}),
  delete: ({user}) => ({type: 'delete', user}),
};

/** The one thing that a `refuse` holds besides the code. */
function toRefused(fields: z.output<(typeof stepSchemas)['refuse']>): Refusable {
  const name = refusableNames.find((it) => fields[it] !== undefined)!;
  return (toRefusable[name] as (value: unknown) => Refusable)(fields[name]);
}

/** Turns what a step schema has accepted into the action it stands for. */
export const toAction: {
  readonly [Name in StepName]: (value: z.output<(typeof stepSchemas)[Name]>) => Action;
} = {
  ...toRefusable,
  mine: (blocks) => ({type: 'mine', blocks}),
  mine_to: (height) => ({type: 'mine_to', height}),
  reorg: ({depth, blocks}) => ({
    type: 'reorg',
    depth,
    blocks: blocks ?? depth + 1,
  }),
  mine_to_next: (due) => ({type: 'mine_to_next', due}),
  mine_until: ({expect, within}) => ({type: 'mine_until', expectations: expect.flatMap(toExpectations), within}),
  step_back: (blocks) => ({type: 'step_back', blocks}),
  branch: ({name, at, blocks}) => ({type: 'branch', name, ...definedOnly({at}), blocks}),
  switch_to: (branch) => ({type: 'switch_to', branch}),
  snapshot: (name) => ({type: 'snapshot', name}),
  restore: (name) => ({type: 'restore', name}),
  roll_back: (height) => ({type: 'roll_back', height}),
  export: (file) => ({type: 'export', file}),
  restart: (kind) => ({type: 'restart', kind}),
  set: (settings) => ({
    type: 'set',
    settings: toGatekeeperSettings(settings),
  }),
  expect: (maps) => ({
    type: 'expect',
    expectations: maps.flatMap(toExpectations),
  }),
  refuse: (it) => ({type: 'refuse', request: toRefused(it), code: it.code}),
  fault: (it) => {
    if (it === 'heal') return {type: 'fault', fault: it, amount: 1};
    const [[fault, amount]] = Object.entries(it) as [[FaultKind, number]];
    return {type: 'fault', fault, amount};
  },
  note: () => ({type: 'note'}),
};
