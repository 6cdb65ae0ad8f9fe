import type {z} from 'zod';
import {defaultGatekeeperSettings} from '../gatekeeper/settings.js';
import {settingsTable} from '../tower/settings-table.js';
import {type Action, type Expectation, type Scenario, type UserRequest, type UserState} from './scenario.js';
import type {
  appointment,
  expectMap,
  gatekeeperShape,
  scenarioSchema,
  StepName,
  stepSchemas,
} from './scenario-schema.js';

type GatekeeperFields = z.output<z.ZodObject<typeof gatekeeperShape>>;

const definedOnly = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };

function toGatekeeperSettings(fields: GatekeeperFields) {
  return definedOnly({
    subscriptionSlots: fields.subscription_slots,
    subscriptionDuration: fields.subscription_duration,
    expiryDelta: fields.expiry_delta,
    renewal: fields.renewal,
  });
}

/** The scenario without its steps, with every default filled in. */
export function toHead(fields: z.output<typeof scenarioSchema>): Omit<Scenario, 'steps'> {
  return {
    name: fields.name,
    ...(fields.about === undefined ? {} : {about: fields.about.trim()}),
    tower: {
      ...defaultGatekeeperSettings,
      ...toGatekeeperSettings(fields.tower ?? {}),
    },
    chain: {
      startHeight: fields.chain?.start_height ?? settingsTable.simStartHeight.fallback,
      seed: fields.chain?.seed ?? settingsTable.simSeed.fallback,
    },
  };
}

function toExpectations(map: z.output<typeof expectMap>): Expectation[] {
  const {user: name, state, slots, start, expiry, appointments, tip, users, ...states} = map;
  const expectations: Expectation[] = [];
  if (name !== undefined) {
    const fields = definedOnly({state, slots, start, expiry, appointments});
    expectations.push({type: 'user', user: name, ...fields});
  }
  for (const [short, shortState] of Object.entries(states)) {
    expectations.push({
      type: 'user',
      user: short,
      state: shortState as UserState,
    });
  }
  if (tip !== undefined) expectations.push({type: 'tip', height: tip});
  if (users !== undefined) expectations.push({type: 'users', count: users});
  return expectations;
}

const toAppointment = (it: z.output<typeof appointment>): UserRequest => ({
  type: 'appointment',
  user: it.user,
  name: it.name,
  blobBytes: it.blob_bytes,
});

/** Turns what a step schema has accepted into the action it stands for. */
export const toAction: {
  readonly [Name in StepName]: (value: z.output<(typeof stepSchemas)[Name]>) => Action;
} = {
  register: (it) => ({type: 'register', user: it.user}),
  renew: (it) => ({type: 'renew', user: it.user}),
  appointment: toAppointment,
  mine: (blocks) => ({type: 'mine', blocks}),
  mine_to: (height) => ({type: 'mine_to', height}),
  reorg: ({depth, blocks}) => ({
    type: 'reorg',
    depth,
    blocks: blocks ?? depth + 1,
  }),
  restart: (kind) => ({type: 'restart', kind}),
  set: (settings) => ({
    type: 'set',
    settings: toGatekeeperSettings(settings),
  }),
  expect: (maps) => ({
    type: 'expect',
    expectations: maps.flatMap(toExpectations),
  }),
  refuse: (it) => {
    const request: UserRequest = it.register
      ? {type: 'register', user: it.register.user}
      : it.renew
        ? {type: 'renew', user: it.renew.user}
        : toAppointment(it.appointment!);
    return {type: 'refuse', request, code: it.code};
  },
  note: () => ({type: 'note'}),
};
