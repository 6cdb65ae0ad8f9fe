import {proofMessage} from '../crypto/proof.js';
import type {SigningKey} from '../crypto/signing-key.js';
import {
  type AnsweredRequest,
  type AuthInfo,
  authInfoAnswer,
  deviceAnswer,
  type DeviceStatus,
  requestAnswer,
} from './auth-answers.js';
import type {CallOptions, TowerConnection} from './connection.js';
import {NotATower} from './errors.js';
import {withPublicKey} from './node-info.js';

/** Longer than what a device may have sent, or the tower says of it. */
const maxAnswerBytes = 64 * 1024;

export interface NodeDescription {
  /** A JSON object, as text; `public_key` is filled in where it is missing. @default an object with the key alone */
  readonly nodeInfo?: string | undefined;
}

/** What somebody says to be let in. It may be secret, and `http://` shows it to whoever is in between. */
export interface UserDescription extends NodeDescription {
  /** At most 4,096 bytes of UTF-8. */
  readonly info: string;
}

type Kind = 'user_signup' | 'user_login' | 'new_node';

interface Parts {
  readonly towerId: string;
  readonly key: Pick<SigningKey, 'publicKey' | 'sign'>;
  readonly connection: TowerConnection;
}

/** Asks for authorization, as a device does: each request is signed, for this tower and its present tip. */
export class Authorization {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async info(options: CallOptions): Promise<AuthInfo> {
    const {connection, towerId} = this.#parts;
    const {meaning} = await connection.ask({path: '/auth/info', schema: authInfoAnswer}, options);
    if (meaning.towerId === towerId) return meaning;
    throw new NotATower(`${connection.url} says that it is another tower, ${meaning.towerId}`, {
      facts: {url: connection.url, towerId: meaning.towerId},
    });
  }

  /** @param infoField the name of the info on the wire; none for a node */
  async submit(
    kind: Kind,
    {info = '', nodeInfo: described = '{}'}: Partial<UserDescription>,
    infoField: 'signup_info' | 'login_info' | undefined,
    options: CallOptions,
  ): Promise<AnsweredRequest> {
    const {connection, key} = this.#parts;
    const nodeInfo = withPublicKey(described, key.publicKey);
    const proof = await this.#prove({kind, info, nodeInfo}, options);
    const body = {...(infoField && {[infoField]: info}), node_info: nodeInfo, ...proof};
    return (await connection.ask({path: `/auth/${kind}`, body, schema: requestAnswer, maxAnswerBytes}, options))
      .meaning;
  }

  async status(options: CallOptions): Promise<DeviceStatus> {
    const {connection, key} = this.#parts;
    const proof = await this.#prove({kind: 'request_status', info: '', nodeInfo: ''}, options);
    const body = {public_key: key.publicKey, ...proof};
    const question = {path: '/auth/request', body, schema: deviceAnswer, maxAnswerBytes};
    const {meaning} = await connection.ask(question, options);
    if (meaning.publicKey === key.publicKey) return meaning;
    throw new NotATower(`${connection.url} answers about another key`, {facts: {url: connection.url}});
  }

  async #prove(about: {kind: string; info: string; nodeInfo: string}, options: CallOptions): Promise<object> {
    const {towerId, key} = this.#parts;
    const {blockHeight, blockHash} = await this.info(options);
    const signature = key.sign(proofMessage({towerId, blockHash, ...about}));
    return {block_height: blockHeight, block_hash: blockHash, signature};
  }
}
