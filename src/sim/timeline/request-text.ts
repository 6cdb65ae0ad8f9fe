import {unreachable} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';
import type {RequestTitle} from './auth-timeline.js';
import {plural} from './heights.js';
import {type Refusable, type RequestName, type UserName, wireKinds} from '../scenario/scenario.js';

/** A request or decision as a clause: `alice renews`. */
export function requestText(request: Refusable): string {
  switch (request.type) {
    case 'register':
      return `${request.user} registers`;
    case 'renew':
      return `${request.user} renews`;
    case 'appointment': {
      const {user, device, name, blobBytes} = request;
      const who = device === undefined || device === user ? user : `${user} (${device})`;
      return `${who} sends appointment ${name} of ${plural(blobBytes, 'byte')}`;
    }
    case 'signup':
    case 'login':
    case 'node': {
      const as = request.as === request.device ? undefined : request.as;
      return `${request.device} asks to ${aim(wireKinds[request.type], as)}`;
    }
    case 'request_registration': {
      const {device, as = device} = request;
      return `${device} asks to be registered${as === device ? '' : ` as ${as}`}`;
    }
    case 'approve':
      return `the operator approves ${nameText(request.request)}${what(request)}`;
    case 'deny':
      return `the operator denies ${nameText(request.request)}`;
    case 'authorize':
      return `the operator authorizes ${request.device}${what(request)}`;
    case 'revoke':
      return `the operator revokes ${request.device}`;
    case 'extend':
      return `the operator extends the subscription of ${userText(request.user)} by ${plural(request.blocks, 'block')}`;
    case 'delete':
      return `the operator deletes ${userText(request.user)}`;
    default:
      return unreachable(request);
  }
}

const nouns: Readonly<Record<RequestKind, string>> = {
  user_signup: 'signup',
  user_login: 'login',
  new_node: 'node request',
};

/** `phone's signup`. */
export const titleText = ({device, kind}: Pick<RequestTitle, 'device' | 'kind'>): string =>
  `${device}'s ${nouns[kind]}`;

/** What a device wants, as the end of a clause. */
export function aim(kind: RequestKind, as: string | undefined): string {
  const who = as === undefined ? '' : ` as ${as}`;
  return {user_signup: `sign up${who}`, user_login: `log in${who}`, new_node: `join as a node${who && ` for ${as}`}`}[
    kind
  ];
}

/** Which request is meant: `phone's signup`. */
export function nameText(name: RequestName): string {
  if ('id' in name) return `request ${name.id}`;
  const {device, kind} = name;
  return kind === undefined ? `the request of ${device}` : titleText({device, kind});
}

/** A user by his name, or by his id where the story has no name for him. */
export const userText = (user: UserName): string =>
  typeof user === 'string' ? user : user === 0 ? 'a new user' : `user ${user}`;

const what = ({user, role}: {readonly user?: UserName; readonly role?: string}) =>
  user !== undefined ? ` for ${userText(user)}` : role !== undefined ? ` as ${role}` : '';
