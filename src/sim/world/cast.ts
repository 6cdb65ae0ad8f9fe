import {createHash} from 'node:crypto';
import {appointmentMessage, SigningKey} from '../../crypto/index.js';
import type {Deposit} from '../../gatekeeper/deposit.js';
import {locatorBytes} from '../../crypto/locator.js';
import {Memory, type MemoryMap} from './memory.js';

/** What the plugin of Core Lightning sends, whatever its channels say. */
const toSelfDelay = 42;

/** Who and what a scenario calls by name, and the tower by key: keys and locators follow from the seed and the names. */
export class Cast {
  readonly #seed: string;
  #towerKey: SigningKey | undefined;
  readonly #keys = new Map<string, SigningKey>();
  readonly #names: MemoryMap<string, string>;
  readonly #locators: MemoryMap<string, string>;

  constructor(seed: string | number, memory = new Memory()) {
    this.#seed = String(seed);
    this.#names = memory.map('keys');
    this.#locators = memory.map('locators');
  }

  /** The key with which the tower signs its promises. */
  towerKey(): SigningKey {
    return (this.#towerKey ??= new SigningKey(this.#hash('tower')));
  }

  /** The key of a device, or of a user who has but one. */
  signerOf(name: string): SigningKey {
    // A hash that is no secret key, zero or above the order of the curve, is found once in 2^127 names.
    const key = this.#keys.get(name) ?? new SigningKey(this.#hash('user', name));
    this.#keys.set(name, key);
    if (!this.#names.has(key.publicKey)) this.#names.set(key.publicKey, name);
    return key;
  }

  /** Its public half, hex. */
  keyOf(name: string): string {
    return this.signerOf(name).publicKey;
  }

  /** Locator of an appointment of a user, hex. */
  locatorOf(user: string, appointment: string): string {
    const locator = this.#hash('appointment', user, appointment).subarray(0, locatorBytes).toString('hex');
    if (!this.#locators.has(locator)) this.#locators.set(locator, appointment);
    return locator;
  }

  /** What a device deposits: a blob of this size, and its signature over all of it. */
  depositOf(
    device: string,
    {user, name, blobBytes}: {readonly user: string; readonly name: string; readonly blobBytes: number},
  ): Deposit {
    const encryptedBlob = createHash('shake256', {outputLength: blobBytes})
      .update(this.#text('blob', user, name))
      .digest();
    const content = {locator: this.locatorOf(user, name), encryptedBlob, toSelfDelay};
    return {...content, signature: this.signerOf(device).sign(appointmentMessage(content))};
  }

  /** The name behind a public key; the key itself when nobody was called so. */
  ownerOf(key: string): string {
    return this.#names.get(key) ?? key;
  }

  appointmentOf(locator: string): string {
    return this.#locators.get(locator) ?? locator;
  }

  #hash(...words: string[]): Buffer {
    return createHash('sha256')
      .update(this.#text(...words))
      .digest();
  }

  #text(...words: string[]): string {
    return JSON.stringify(['bartizan', this.#seed, ...words]);
  }
}
