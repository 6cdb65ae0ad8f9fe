import {isPublicKey} from '../crypto/public-key.js';
import type {SigningKey} from '../crypto/signing-key.js';
import {appointmentMessage, appointmentQuestion, subscriptionQuestion} from '../crypto/user-message.js';
import {locatorOf} from '../crypto/locator.js';
import {OperationalError} from '../errors/index.js';
import {
  type Appointment,
  appointmentAnswer,
  depositAnswer,
  registrationAnswer,
  type Subscription,
  subscriptionAnswer,
} from './answers.js';
import type {AnsweredRequest, AuthInfo, DeviceStatus} from './auth-answers.js';
import {Authorization, type NodeDescription, type UserDescription} from './authorization.js';
import {checkedLocator, contentOf, type Deposit} from './checked-input.js';
import {type CallOptions, type Exchanged, TowerConnection} from './connection.js';
import {type Balance, LowerReceipt, NotATower, TowerMisbehaving} from './errors.js';
import type {AppointmentReceipt, Receipt, RegistrationReceipt} from './receipt.js';
import {signedBytes, signerOf} from './receipt.js';
import {checkReceipts, type ReceiptCheck, type VerifyOptions} from './receipt-checks.js';
import {receiptFolderOf, ReceiptFolder} from './receipt-folder.js';
import {type KeptReceipts, type ReceiptKeeper, ReceiptsInMemory} from './receipt-keeper.js';
import {parseTowerAddress} from './tower-address.js';

export interface TowerClientOptions {
  /** `ID@HOST:PORT`, as operators hand it out. The id may come by itself, the port (9814) may be left out. */
  readonly tower: string;
  /** The tower's public key, if the address does not hold it: every receipt must be signed by it. */
  readonly towerId?: string | undefined;
  /** The user's key. */
  readonly key: Pick<SigningKey, 'publicKey' | 'sign'>;
  /**
   * The folder in which receipts are kept, of all towers and keys; several processes may share it.
   * @default none: receipts are forgotten with this object
   */
  readonly stateDir?: string | undefined;
  /** For one call, from the first byte to the last, in ms. @default 30000 */
  readonly timeoutMs?: number | undefined;
}

export interface RegisterOptions extends CallOptions {
  /**
   * Keep a receipt also when it promises no more than what the tower has said before, as after a deletion at a tower
   * that has forgotten what it said.
   */
  readonly acceptLower?: boolean | undefined;
}

/** A blob of 1 MiB in hex, and as much again. */
const maxAppointmentBytes = 4 * 1024 * 1024;
/** The locators of nearly two million appointments. */
const maxSubscriptionBytes = 64 * 1024 * 1024;

/**
 * A user of one TEOS tower. Every answer is held against its form and every receipt against the tower's key, and a
 * receipt is on disk before the call that brought it returns. Nothing is tried twice.
 *
 * @example
 * const client = new TowerClient({tower: '02…@tower.example', key, stateDir: 'receipts'});
 * await client.register();
 * await client.addAppointment({disputeTxid, penaltyTx});
 */
export class TowerClient {
  readonly towerId: string;
  /** Where the tower is asked. */
  readonly url: string;
  readonly #key: TowerClientOptions['key'];
  readonly #connection: TowerConnection;
  readonly #authorization: Authorization;
  readonly #keeper: ReceiptKeeper;

  /** @throws OperationalError TOWER_INVALID_ADDRESS */
  constructor({tower, towerId, key, stateDir, timeoutMs}: TowerClientOptions) {
    const address = parseTowerAddress(tower);
    this.towerId = oneId(address.towerId, towerId);
    this.url = address.url;
    this.#key = key;
    this.#connection = new TowerConnection(this.url, {timeoutMs});
    this.#authorization = new Authorization({towerId: this.towerId, key, connection: this.#connection});
    this.#keeper =
      stateDir === undefined
        ? new ReceiptsInMemory()
        : new ReceiptFolder(receiptFolderOf(stateDir, {towerId: this.towerId, key: key.publicKey}));
  }

  /** The user's public key. */
  get publicKey(): string {
    return this.#key.publicKey;
  }

  /**
   * Registers the key, or renews its subscription. The receipt must promise more slots and a later expiry than what the
   * tower said last.
   * @throws TowerRefusal, TowerUnreachable, NotATower, TowerMisbehaving, LowerReceipt
   */
  async register({acceptLower = false, ...options}: RegisterOptions = {}): Promise<RegistrationReceipt> {
    await this.#checkTrust();
    // Before it is asked: another process may hear of a later balance before we hear of ours.
    const told = await this.#keeper.last();
    const path = '/register';
    const body = {user_id: this.publicKey};
    const exchanged = await this.#connection.ask({path, body, schema: registrationAnswer}, options);
    const {availableSlots, subscriptionStart, subscriptionExpiry, signature} = exchanged.meaning;
    const receipt: RegistrationReceipt = {
      type: 'registration',
      ...this.#parties(),
      availableSlots,
      subscriptionStart,
      subscriptionExpiry,
      signature,
    };
    await this.#checkSigner(receipt, path, exchanged);
    if (!acceptLower && told !== undefined && !isAbove(receipt, told)) throw new LowerReceipt(receipt, told);
    await this.#keeper.keep(receipt);
    return receipt;
  }

  /**
   * Deposits an appointment, or updates the one with the same locator. The same again changes nothing.
   * @throws Rejection TOWER_INVALID_PARAMETER, TowerRefusal, TowerUnreachable, NotATower, TowerMisbehaving
   */
  async addAppointment(deposit: Deposit, options: CallOptions = {}): Promise<AppointmentReceipt> {
    const content = contentOf(deposit);
    await this.#checkTrust();
    const {locator, encryptedBlob, toSelfDelay} = content;
    const userSignature = this.#key.sign(appointmentMessage(content));
    const blob = Buffer.from(encryptedBlob).toString('hex');
    const path = '/add_appointment';
    const body = {appointment: {locator, encrypted_blob: blob, to_self_delay: toSelfDelay}, signature: userSignature};
    const exchanged = await this.#connection.ask({path, body, schema: depositAnswer}, options);
    const {meaning} = exchanged;
    if (meaning.locator !== locator) throw this.#otherAnswer('another locator than was deposited');
    const receipt: AppointmentReceipt = {
      type: 'appointment',
      ...this.#parties(),
      availableSlots: meaning.availableSlots,
      subscriptionExpiry: meaning.subscriptionExpiry,
      locator,
      toSelfDelay,
      blobBytes: encryptedBlob.length,
      userSignature,
      startBlock: meaning.startBlock,
      signature: meaning.signature,
    };
    await this.#checkSigner(receipt, path, exchanged);
    await this.#keeper.keep(receipt);
    return receipt;
  }

  /**
   * The appointment as the tower has it; or, after a breach, what it has answered with. The tower does not sign this.
   * @throws Rejection TOWER_INVALID_PARAMETER, TowerRefusal (36: there is none), TowerUnreachable, NotATower
   */
  async getAppointment(locator: string, options: CallOptions = {}): Promise<Appointment> {
    const asked = checkedLocator(locator);
    const signature = this.#key.sign(appointmentQuestion(asked));
    const body = {locator: asked, signature};
    const question = {path: '/get_appointment', body, schema: appointmentAnswer, maxAnswerBytes: maxAppointmentBytes};
    const {meaning} = await this.#connection.ask(question, options);
    const answered = meaning.status === 'being_watched' ? meaning.locator : locatorOf(meaning.disputeTxid);
    if (answered !== asked) throw this.#otherAnswer('another appointment than was asked for');
    return meaning;
  }

  /**
   * The subscription as the tower has it. The tower does not sign this.
   * @throws TowerRefusal, TowerUnreachable, NotATower
   */
  async subscriptionInfo(options: CallOptions = {}): Promise<Subscription> {
    const body = {signature: this.#key.sign(subscriptionQuestion())};
    const question = {path: '/get_subscription_info', body, schema: subscriptionAnswer};
    return (await this.#connection.ask({...question, maxAnswerBytes: maxSubscriptionBytes}, options)).meaning;
  }

  /** Who needs an authorization here, and the block that a proof may name. @throws TowerRefusal, TowerUnreachable, NotATower */
  authInfo(options: CallOptions = {}): Promise<AuthInfo> {
    return this.#authorization.info(options);
  }

  /**
   * Asks to become a new user, with this key as the first device. `state` of what comes back tells how it stands; the same
   * again is the same request.
   * @throws TowerRefusal (`towerCode` tells why), TowerUnreachable, NotATower
   */
  userSignup(user: UserDescription, options: CallOptions = {}): Promise<AnsweredRequest> {
    return this.#authorization.submit('user_signup', user, 'signup_info', options);
  }

  /** Asks to become a further device of a user. See `userSignup`. */
  userLogin(user: UserDescription, options: CallOptions = {}): Promise<AnsweredRequest> {
    return this.#authorization.submit('user_login', user, 'login_info', options);
  }

  /** Asks to become a node. See `userSignup`. */
  newNode(node: NodeDescription = {}, options: CallOptions = {}): Promise<AnsweredRequest> {
    return this.#authorization.submit('new_node', node, undefined, options);
  }

  /** What this key is to the tower, and what became of its requests. @throws TowerRefusal, TowerUnreachable, NotATower */
  requestStatus(options: CallOptions = {}): Promise<DeviceStatus> {
    return this.#authorization.status(options);
  }

  /** Resolves when the tower answers. @throws TowerRefusal, TowerUnreachable, NotATower */
  ping(options: CallOptions = {}): Promise<void> {
    return this.#connection.ping(options);
  }

  /** Every receipt that was kept of this tower and key, oldest first. @throws OperationalError TOWER_FILE_FAILED */
  receipts(): Promise<KeptReceipts> {
    return this.#keeper.all();
  }

  /**
   * Asks the tower for everything that it has promised by receipt, and says of each receipt whether that is there. It
   * may have to ask often, so, other than single calls, it waits when the tower tells it to. That the subscription has
   * expired, or that the tower does not know the key, is a finding.
   * @throws TowerRefusal, TowerUnreachable, NotATower
   */
  async verifyReceipts(options: VerifyOptions = {}): Promise<ReceiptCheck[]> {
    const {receipts} = await this.#keeper.all();
    return checkReceipts(receipts, this, options);
  }

  #parties(): {towerId: string; key: string} {
    return {towerId: this.towerId, key: this.publicKey};
  }

  async #checkTrust(): Promise<void> {
    const found = await this.#keeper.proof();
    if (found !== undefined) throw new TowerMisbehaving(found.proof, found);
  }

  async #checkSigner(receipt: Receipt, path: string, {request, answer}: Exchanged<unknown>): Promise<void> {
    const signer = signerOf(receipt);
    if (signer === this.towerId) return;
    const proof = {
      towerId: this.towerId,
      url: this.url,
      path,
      request,
      answer,
      message: Buffer.from(signedBytes(receipt)).toString('hex'),
      signature: receipt.signature,
      signer: signer ?? null,
    };
    // That the proof cannot be kept is the lesser news.
    const keptAt = await this.#keeper.keepProof(proof).catch(() => undefined);
    throw new TowerMisbehaving(proof, keptAt === undefined ? {} : {keptAt});
  }

  #otherAnswer(what: string): NotATower {
    return new NotATower(`${this.url} answers with ${what}`, {facts: {url: this.url}});
  }
}

const isAbove = (promised: Balance, told: Balance): boolean =>
  promised.availableSlots > told.availableSlots && promised.subscriptionExpiry > told.subscriptionExpiry;

function oneId(fromAddress: string | undefined, given: string | undefined): string {
  if (given !== undefined && !isPublicKey(given)) {
    throw new OperationalError('TOWER_INVALID_ADDRESS', 'the id of the tower is no compressed public key in hex');
  }
  const id = given?.toLowerCase() ?? fromAddress;
  if (id === undefined) {
    throw new OperationalError(
      'TOWER_INVALID_ADDRESS',
      'the id of the tower is missing, so no receipt could be checked',
    );
  }
  if (fromAddress !== undefined && fromAddress !== id) {
    throw new OperationalError('TOWER_INVALID_ADDRESS', 'the address holds another id than the one given');
  }
  return id;
}
