import {stringify} from 'yaml';
import {OperationalError, unreachable} from '../../errors/index.js';
import {decisionSettingNames} from '../../store/meta.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../gatekeeper/settings.js';
import {settingNames} from '../../tower/settings-table.js';
import {parseScenario} from '../scenario/scenario-file.js';
import type {Story} from './run.js';
import type {Action, DeviceRequest, PolicyAnswer, RequestName, UserName} from '../scenario/scenario.js';

export interface ScenarioParts {
  readonly name: string;
  readonly about?: string | undefined;
  readonly settings: GatekeeperSettings;
  readonly startHeight: number;
  readonly seed: string;
  readonly node?: string | undefined;
  readonly actions: readonly Action[];
}

/** A story as a file. */
export const storyText = (name: string, {adapter, ...story}: Story, about?: string): string =>
  scenarioText({...story, name, about, node: adapter ? 'adapter' : undefined});

/** Whether the reader of scenarios takes it: nobody is called by a name that no step brings in. */
export function isReadable(story: Story): boolean {
  try {
    parseScenario(Buffer.from(storyText('readable', story)), 'readable');
    return true;
  } catch (error) {
    if (error instanceof OperationalError) return false;
    throw error;
  }
}

/** A scenario as a file, a line for each step; the reader of scenarios makes of it what it was made from. */
export function scenarioText({name, about, settings, startHeight, seed, node, actions}: ScenarioParts): string {
  const tower = wireSettings(settings, defaultGatekeeperSettings);
  const lines = [
    line('name', name),
    ...(about === undefined ? [] : [line('about', about)]),
    ...(Object.keys(tower).length > 0 ? [line('tower', tower)] : []),
    line('chain', {start_height: startHeight, seed, ...(node === undefined ? {} : {node})}),
    'steps:',
    ...actions.map((action) => `  - ${line(...stepOf(action))}`),
    // A story has at least one step, and some go wrong before the first.
    ...(actions.length === 0 ? ['  - note: The tower starts.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

const line = (key: string, value: unknown): string =>
  stringify({[key]: value}, {collectionStyle: 'block', lineWidth: 0, schema: 'core'}).includes('\n  ')
    ? `${key}: ${flow(value)}`
    : stringify({[key]: value}, {lineWidth: 0, schema: 'core'}).trimEnd();

const flow = (value: unknown): string =>
  stringify(value, {collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false, schema: 'core'}).trimEnd();

/** Settings under their names in files, those that differ from others. */
function wireSettings(settings: Partial<GatekeeperSettings>, others: Partial<GatekeeperSettings> = {}) {
  const names = decisionSettingNames.filter((name) => settings[name] !== undefined && settings[name] !== others[name]);
  return Object.fromEntries(names.map((name) => [settingNames(name).name, settings[name]]));
}

/** Name and value of the step. */
function stepOf(action: Action): [name: string, value: unknown] {
  const {type} = action;
  switch (type) {
    case 'register':
    case 'renew':
      return [type, action.user];
    case 'appointment': {
      const {user, device, name, blobBytes} = action;
      return [type, {user, ...(device === undefined ? {} : {device}), name, blob_bytes: blobBytes}];
    }
    case 'signup':
    case 'login':
    case 'node':
      return [type, requestOf(action)];
    case 'request_registration':
      return [type, requestOf({...action, type: 'signup'})];
    case 'approve':
    case 'deny':
    case 'authorize': {
      const request = 'request' in action ? nameOf(action.request) : {};
      return [type, {...request, ...without(action, 'type', 'request')}];
    }
    case 'revoke':
      return [type, action.device];
    case 'extend':
      return [type, {...userOf(action.user), blocks: action.blocks}];
    case 'delete':
      return [type, typeof action.user === 'string' ? action.user : userOf(action.user)];
    case 'mine':
    case 'step_back':
      return [type, action.blocks];
    case 'mine_to':
      return [type, action.height];
    case 'mine_to_next':
      return [type, action.due];
    case 'reorg':
      return [type, {depth: action.depth, blocks: action.blocks}];
    case 'branch':
      return [type, without(action, 'type')];
    case 'switch_to':
      return [type, action.branch];
    case 'snapshot':
    case 'restore':
      return [type, action.name];
    case 'roll_back':
      return [type, action.height];
    case 'export':
      return [type, action.file];
    case 'restart':
      return [type, action.kind];
    case 'set':
      return [type, wireSettings(action.settings)];
    case 'refuse': {
      const [name, value] = stepOf(action.request);
      return [type, {[name]: value, code: action.code.replace('TOWER_', '')}];
    }
    case 'fault':
      return [type, action.fault === 'heal' ? 'heal' : {[action.fault]: action.amount}];
    // Explorations expect nothing but what always holds.
    case 'mine_until':
    case 'expect':
    case 'note':
      return ['note', type];
    default:
      return unreachable(type);
  }
}

function requestOf({device, as, info, nodeInfo, script, signedAt, signedBy}: DeviceRequest): unknown {
  const fields = {
    ...(as === undefined ? {} : {as}),
    ...(info === undefined ? {} : {info}),
    ...(nodeInfo === undefined ? {} : {node_info: nodeInfo}),
    ...(script?.callback.length ? {callback: script.callback.map(answerOf)} : {}),
    ...(script?.check.length ? {check: script.check.map(answerOf)} : {}),
    ...(signedAt === undefined ? {} : {signed_at: signedAt}),
    ...(signedBy === undefined ? {} : {signed_by: signedBy}),
  };
  return Object.keys(fields).length === 0 ? device : {device, ...fields};
}

function answerOf(answer: PolicyAnswer): unknown {
  switch (answer.type) {
    case 'returns':
      return answer.value;
    case 'user':
      return answer.name;
    case 'throws':
      return 'throw';
    case 'unavailable':
      return answer.type;
    case 'hangs':
      return {hang: answer.blocks};
    default:
      return unreachable(answer);
  }
}

const nameOf = (name: RequestName): object => name;

const userOf = (user: UserName): object => ({user});

function without<T extends object>(fields: T, ...names: string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
