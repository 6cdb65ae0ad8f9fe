import type {AdminAuthorization, RequestAtTip} from '../../../src/api/admin/admin-authorization.js';
import type {DeviceView, RequestView} from '../../../src/gatekeeper/auth/views.js';
import {Rejection} from '../../../src/errors/index.js';

const tipHeight = 122;
const fakeKey = `02${'ab'.repeat(32)}`;
export const hashOf = (height: number): string => height.toString(16).padStart(64, '0');

/** Signs up; asked about once more, two blocks later. */
export const pendingRequest: RequestAtTip = {
  tipHeight,
  requestId: 3,
  kind: 'user_signup',
  key: fakeKey,
  state: 'pending',
  nodeInfo: `{"public_key":"${fakeKey}","hostname":"phone"}`,
  proven: true,
  infoHash: 'cd'.repeat(32),
  info: 'let me in',
  receivedHeight: 120,
  receivedHash: hashOf(120),
  expiresAt: 264,
  stage: 'callback',
  attempts: 1,
  readyHeight: 124,
  answer: null,
  closing: null,
  revision: 2,
  supersedes: 2,
  retryHeight: null,
};

export const deniedRequest: RequestAtTip = {
  ...pendingRequest,
  requestId: 4,
  kind: 'new_node',
  state: 'denied',
  infoHash: null,
  info: null,
  stage: 'check',
  attempts: 0,
  readyHeight: 121,
  answer: {verdict: {type: 'deny', reason: 'not one of ours'}, actor: 'policy', height: 120, hash: hashOf(120)},
  closing: {height: 121, hash: hashOf(121), actor: 'policy', reason: 'not one of ours', userId: null, role: null},
  revision: 1,
  supersedes: null,
  retryHeight: 127,
};

const approved = (id: number, userId: number, role: 'primary' | 'secondary' | null): RequestAtTip => ({
  ...pendingRequest,
  requestId: id,
  state: 'approved',
  info: null,
  closing: {height: 122, hash: hashOf(122), actor: 'operator', reason: 'approved', userId, role},
});

export const fakeDevice: DeviceView = {key: fakeKey, userId: 7, role: null, authorizedAt: 121};

const fakeNode = {publicKey: fakeKey, state: 'authorized', userId: 7, role: null, requestId: null} as const;

const fakeStatus = {dbIsReady: true, nodeId: 1, state: 'synced', height: 122, pendingRequests: 1} as const;

/** As a list shows it: without what may be secret. */
function viewOf(request: RequestAtTip): RequestView {
  const shown = Object.entries(request).filter(([name]) => name !== 'info' && name !== 'tipHeight');
  return Object.fromEntries(shown) as unknown as RequestView;
}

/** Authorization of answers, with single methods replaced as a test needs. */
export function fakeAuthorization(overrides: Partial<AdminAuthorization> = {}): AdminAuthorization {
  const all = [pendingRequest, deniedRequest];
  return {
    submit: () => Promise.resolve(pendingRequest),
    requests: ({state, after, limit}) =>
      Promise.resolve({
        tipHeight,
        requests: all
          .filter((request) => request.requestId > after && (state === undefined || request.state === state))
          .slice(0, limit)
          .map(viewOf),
        next: null,
      }),
    request(id) {
      const found = all.find(({requestId}) => requestId === id);
      const unknown = new Rejection('TOWER_REQUEST_NOT_FOUND', `no request ${id}`);
      return found === undefined ? Promise.reject(unknown) : Promise.resolve(found);
    },
    approve: (id, {userId = 8, role = null}) => Promise.resolve(approved(id, userId, role)),
    deny: (id, reason) =>
      Promise.resolve({
        ...deniedRequest,
        requestId: id,
        answer: null,
        closing: {...deniedRequest.closing!, height: 122, hash: hashOf(122), actor: 'operator', reason},
        retryHeight: 128,
      }),
    authorizeUser: (key, userId) => Promise.resolve({tipHeight, ...fakeDevice, key, userId, authorizedAt: tipHeight}),
    authorizeNode: (key, role) =>
      Promise.resolve({tipHeight, ...fakeDevice, key, userId: null, role, authorizedAt: tipHeight}),
    devices: ({limit}) => Promise.resolve({tipHeight, devices: [fakeDevice].slice(0, limit), next: null}),
    revoke: (key) =>
      key === fakeKey
        ? Promise.resolve({tipHeight, ...fakeDevice})
        : Promise.reject(new Rejection('TOWER_DEVICE_NOT_FOUND', `no device ${key}`)),
    pragma(line) {
      if (line === 'PRAGMA nodes') return Promise.resolve({type: 'nodes', nodes: [fakeNode], more: false});
      if (line === 'PRAGMA sync_status') return Promise.resolve({type: 'sync_status', status: fakeStatus});
      if (line.startsWith('PRAGMA authorize_user=')) {
        return Promise.resolve({type: 'authorize_user', device: fakeDevice});
      }
      return Promise.reject(new Rejection('TOWER_INVALID_PRAGMA', 'PRAGMA was expected'));
    },
    ...overrides,
  };
}
