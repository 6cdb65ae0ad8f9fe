import {maxInfoBytes} from '../../../gatekeeper/auth/info.js';
import {maxNodeInfoBytes} from '../../../gatekeeper/auth/node-info.js';
import {closed, reference, type Schema} from '../openapi/schemas.js';
import {wireCodes} from '../refusal.js';

const meanings: Readonly<Record<number, string>> = {
  400: 'The body is not what is asked for: `code` is TOWER_INVALID_PARAMETER, TOWER_INVALID_INFO or TOWER_INVALID_NODE_INFO',
  401: 'The proof is none: TOWER_INVALID_PROOF, TOWER_STALE_PROOF or TOWER_REPLAYED_PROOF; sign anew',
  403: 'Not at this level of authorization (TOWER_WRONG_AUTH_LEVEL), or not yet (TOWER_DENIED_COOLDOWN)',
  408: 'The request did not arrive in time',
  409: 'The device has what it asks for (TOWER_ALREADY_AUTHORIZED)',
  411: 'A body without a length',
  413: 'The body is longer than this tower accepts',
  415: 'The body is of another type than application/json',
  429: 'Too many requests of one address; or the device replaces its request too often (TOWER_TOO_MANY_REVISIONS)',
  431: 'Too long headers',
  500: 'A defect of the tower',
  503: 'The tower cannot answer now, or has no room for more requests (TOWER_TOO_MANY_REQUESTS)',
};
const always = [408, 429, 431, 500, 503];

const json = (name: string): Schema => ({'application/json': {schema: reference(name)}});

const responses = (answer: string, refused: readonly number[]): Schema => ({
  200: {description: 'Done', content: json(answer)},
  ...Object.fromEntries(
    [...refused, ...always].map((status) => [status, {description: meanings[status]!, content: json('AuthError')}]),
  ),
});

const submit = (name: string, summary: string): Schema => ({
  post: {
    operationId: `submit${name}`,
    summary,
    description:
      'Taken in before it is answered. The same again is the same request; another one of the kind takes the place of the one that is pending. A fast callback that is there answers at once, so that the request may be decided already.',
    requestBody: {required: true, content: json(name)},
    responses: responses('AuthRequest', [400, 401, 403, 409, 411, 413, 415]),
  },
});

/** The description of the endpoints that devices ask for their authorization at. */
export const authPaths: Readonly<Record<string, Schema>> = {
  '/auth/info': {
    get: {
      operationId: 'authInfo',
      summary: 'Learn what a proof has to name',
      responses: responses('AuthInfo', []),
    },
  },
  '/auth/user_signup': submit('UserSignup', 'Ask to become a new user'),
  '/auth/user_login': submit('UserLogin', 'Ask to become a device of a user'),
  '/auth/new_node': submit('NewNode', 'Ask to become a node'),
  '/auth/request': {
    post: {
      operationId: 'requestStatus',
      summary: 'Learn where a device stands',
      description: 'What the signing device is to the tower, and its newest request of each kind. It changes nothing.',
      requestBody: {required: true, content: json('RequestStatus')},
      responses: responses('DeviceStatus', [400, 401, 411, 413, 415]),
    },
  },
};

const height = (description: string): Schema => ({type: 'integer', minimum: 0, maximum: 0xffff_ffff, description});
const hex = (bytes: number, description: string, digits = '0-9a-f'): Schema => ({
  type: 'string',
  pattern: `^[${digits}]{${2 * bytes}}$`,
  description: `${description}, ${bytes} bytes in hex`,
});
const orNull = (schema: Schema): Schema => ({anyOf: [schema, {type: 'null'}]});
const anyCase = '0-9a-fA-F';
const requestId: Schema = {type: 'integer', minimum: 1};
const userId = {...height('The user; null for a node without one'), minimum: 1};
const role: Schema = {enum: ['primary', 'secondary', null]};
const text = (description: string): Schema => ({type: 'string', description});

/** Fields of every proof. */
const proof = {
  block_height: height('A block of the tower’s chain, one of the last `proof_window`'),
  block_hash: hex(32, 'Its hash as bitcoind prints it', anyCase),
  signature: text(
    'Lightning message signature of the device over the proof, in zbase32 (104 characters) or hex (130); see docs/reference/auth.md',
  ),
};
const infoOf = (name: string): Schema => text(`${name}: any text, at most ${maxInfoBytes} bytes of UTF-8`);
const nodeInfo = text(
  `A JSON object, as text, with the device's key in \`public_key\`; at most ${maxNodeInfoBytes} bytes of UTF-8`,
);

const request = {
  request_id: requestId,
  kind: {enum: ['user_signup', 'user_login', 'new_node']},
  state: {enum: ['pending', 'approved', 'denied', 'expired', 'failed', 'superseded']},
  proven: {type: 'boolean', description: 'Whether the device has signed it; if not, somebody has registered its key'},
  revision: {type: 'integer', minimum: 1, description: 'One more for each that took the place of a pending one'},
  supersedes: orNull(requestId),
  received_height: height('The tip when it was received'),
  expires_at: height('Height at which it expires if nobody decides it'),
  next_look_height: orNull(height('First height at which something may become of it; null once it is closed')),
  retry_height: orNull(height('Height from which on a denied device may ask again')),
  closing: orNull(
    closed({
      height: height('The tip when it was closed'),
      reason: text('Why'),
      user_id: orNull(userId),
      role,
    }),
  ),
} satisfies Readonly<Record<string, Schema>>;
const tipHeight = height('The tip as of this answer');

export const authSchemas: Readonly<Record<string, Schema>> = {
  AuthInfo: closed({
    tower_id: hex(33, 'The public key of the tower, which proofs name'),
    auth: {enum: ['none', 'node', 'user'], description: 'Who needs an authorization'},
    block_height: height('The tip, which a proof may name'),
    block_hash: hex(32, 'Its hash'),
    proof_window: {type: 'integer', minimum: 1, description: 'Blocks for which a proof counts'},
  }),
  UserSignup: closed({signup_info: infoOf('signup_info'), node_info: nodeInfo, ...proof}),
  UserLogin: closed({login_info: infoOf('login_info'), node_info: nodeInfo, ...proof}),
  NewNode: closed({node_info: nodeInfo, ...proof}),
  RequestStatus: closed({public_key: hex(33, 'The public key of the device', anyCase), ...proof}),
  AuthRequest: closed({...request, tip_height: tipHeight}),
  DeviceStatus: closed({
    public_key: hex(33, 'The public key of the device'),
    device: orNull(closed({user_id: orNull(userId), role, authorized_at: height('When it was authorized')})),
    requests: {type: 'array', items: closed(request), maxItems: 3},
    tip_height: tipHeight,
  }),
  AuthError: {
    type: 'object',
    required: ['error', 'error_code'],
    properties: {
      error: text('What is wrong, for people'),
      error_code: {enum: Object.values(wireCodes), description: 'What is wrong, as the TEOS wire says it'},
      code: {
        type: 'string',
        pattern: '^TOWER_[A-Z_]+$',
        description: 'What is wrong, exactly: docs/reference/errors.md',
      },
      facts: {type: 'object', description: 'Small values that go with the code, such as `retry_height`'},
    },
    additionalProperties: false,
  },
};
