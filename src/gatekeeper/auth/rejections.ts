import {Rejection} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';
import type {RequestState} from '../../store/request-row.js';
import type {DeviceRow} from '../../store/rows.js';
import type {AuthLevel} from './level.js';

export const notAuthorized = (key: string, level: AuthLevel): Rejection =>
  new Rejection('TOWER_NOT_AUTHORIZED', `the tower asks for an authorization at level ${level}, and the key has none`, {
    facts: {key, level},
  });

export const wrongLevel = (what: string, level: AuthLevel): Rejection =>
  new Rejection('TOWER_WRONG_AUTH_LEVEL', `${what} at level ${level}`, {facts: {level}});

export const staleProof = (blockHeight: number, tipHeight: number, proofWindow: number): Rejection =>
  new Rejection(
    'TOWER_STALE_PROOF',
    blockHeight <= tipHeight && blockHeight > tipHeight - proofWindow
      ? `the proof names another block than the one at height ${blockHeight} of the tower's chain`
      : `the height ${blockHeight} that the proof names is not among the last ${proofWindow} of the tower's chain, whose tip is ${tipHeight}`,
    {facts: {blockHeight, tipHeight, proofWindow}},
  );

export const replayedProof = (requestId: number): Rejection =>
  new Rejection('TOWER_REPLAYED_PROOF', `the device has sent request ${requestId} since this one was signed`, {
    facts: {requestId},
  });

/** @param hint for whoever is not the device */
export const alreadyAuthorized = (device: DeviceRow, hint?: string): Rejection =>
  new Rejection('TOWER_ALREADY_AUTHORIZED', `the device is ${standingOf(device)} already`, {
    facts: {userId: device.userId === 0 ? null : device.userId, role: device.role},
    ...(hint === undefined ? {} : {hint}),
  });

export const revokeFirst = (key: string): string =>
  `To authorize it otherwise, revoke it first: \`bartizan revoke ${key}\`.`;

const standingOf = ({userId, role}: DeviceRow): string =>
  [...(userId > 0 ? [`a device of user ${userId}`] : []), ...(role ? [`a ${role} node`] : [])].join(' and ');

/** @param reason null where whoever asks may not be the device */
export const deniedCooldown = (retryHeight: number, reason: string | null): Rejection =>
  new Rejection(
    'TOWER_DENIED_COOLDOWN',
    `the device was denied${reason === null ? '' : ` (${reason})`}, and may ask again from height ${retryHeight}`,
    {facts: {retryHeight, reason}},
  );

export const tooManyRevisions = (requestId: number, revisions: number): Rejection =>
  new Rejection(
    'TOWER_TOO_MANY_REVISIONS',
    `request ${requestId} is the ${revisions}th in a row that nobody has decided`,
    {
      facts: {requestId, revisions},
    },
  );

export const tooManyRequests = (pending: number): Rejection =>
  new Rejection('TOWER_TOO_MANY_REQUESTS', `${pending} requests are pending`, {facts: {pending}});

export const tooManyUnproven = (unproven: number): Rejection =>
  new Rejection('TOWER_TOO_MANY_REQUESTS', `${unproven} requests that nobody has signed are pending`, {
    facts: {unproven},
    hint: 'Wait for the next block, or sign the request: those have room of their own.',
  });

export const requestNotFound = (id: number): Rejection =>
  new Rejection('TOWER_REQUEST_NOT_FOUND', `there is no request ${id}`, {facts: {requestId: id}});

export const requestClosed = (id: number, state: RequestState): Rejection =>
  new Rejection('TOWER_REQUEST_CLOSED', `request ${id} is ${state}`, {facts: {requestId: id, state}});

export const wrongDecision = (kind: RequestKind): Rejection =>
  new Rejection(
    'TOWER_WRONG_DECISION',
    kind === 'new_node' ? 'a new_node request is approved with a role' : `a ${kind} request is approved with a user id`,
    {facts: {kind}},
  );

export const loginWithoutUser = (): Rejection =>
  new Rejection('TOWER_LOGIN_WITHOUT_USER', 'a login needs the id of the user, not 0');

export const userIdInUse = (userId: number): Rejection =>
  new Rejection('TOWER_USER_ID_IN_USE', `user id ${userId} is in use`, {facts: {userId}});

export const noUserId = (): Rejection => new Rejection('TOWER_NO_USER_ID', 'the last user id has been given out');

export const tooManyDevices = (userId: number, devices: number): Rejection =>
  new Rejection('TOWER_TOO_MANY_DEVICES', `user ${userId} has ${devices} devices`, {facts: {userId, devices}});

export const deviceNotFound = (key: string): Rejection =>
  new Rejection('TOWER_DEVICE_NOT_FOUND', `no authorized device has the key ${key}`, {facts: {key}});
