import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {appointmentReceipt} from '../../src/crypto/index.js';
import {Rejection} from '../../src/errors/index.js';
import type {AppointmentReply, Deposit} from '../../src/gatekeeper/index.js';
import {signedBy} from '../support/deposits.js';
import {locator, publicKey, signingKey} from '../support/keys.js';
import type {World} from '../support/world.js';
import type {Held, Model} from './model.js';

/** Few, so that they meet often. */
export const locators = [1, 2, 3, 4];

/** The tower's key in a run: its receipts are looked at. */
export const towerKey = signingKey(99);

export interface DepositRequest {
  readonly appoint: number;
  readonly locator: number;
  readonly blobBytes: number;
  readonly toSelfDelay: number;
}

/** Few sizes and delays, so that the same is often sent again. */
export const depositBy = (key: fc.Arbitrary<number>): fc.Arbitrary<DepositRequest> =>
  fc.record({
    appoint: key,
    locator: fc.constantFrom(...locators),
    blobBytes: fc.constantFrom(0, 1, 2048, 2049, 4 * 2048, 6 * 2048),
    toSelfDelay: fc.constantFrom(0, 42, 0xffff_ffff),
  });

export const depositOf = ({appoint, locator: n, blobBytes, toSelfDelay}: DepositRequest): Deposit =>
  signedBy(appoint, {locator: locator(n), encryptedBlob: Buffer.alloc(blobBytes, n), toSelfDelay});

/** What the model makes of a request. */
export function heldOf(request: DepositRequest, startBlock: number): Held {
  const {signature, encryptedBlob, toSelfDelay} = depositOf(request);
  const slots = Math.max(1, Math.ceil(request.blobBytes / 2048));
  return {slots, blobHash: sha256(encryptedBlob), toSelfDelay, startBlock, device: request.appoint, signature};
}

/** What matters of an answer to a deposit; the receipt as the tower has signed it. */
export const answerOf = ({availableSlots, startBlock, subscriptionExpiry, receipt}: AppointmentReply) => ({
  slots: availableSlots,
  start: startBlock,
  expiry: subscriptionExpiry,
  receipt,
});

export const receiptOf = ({signature: userSignature, startBlock}: Held): string =>
  towerKey.sign(appointmentReceipt({userSignature, startBlock}));

/** What each of these keys is told of its appointments, and the operator of each locator. */
export async function shown({tower}: World, keys: readonly number[]): Promise<unknown> {
  const {gatekeeper} = tower;
  const byKey = keys.map(async (key) => ({
    info: await orRefusal(gatekeeper.subscriptionInfo(publicKey(key))),
    appointments: await Promise.all(
      locators.map(async (n) => {
        const found = await orRefusal(gatekeeper.appointment(publicKey(key), locator(n)));
        if (found === undefined || 'refused' in found) return found;
        const {encryptedBlob, ...others} = found;
        return {...others, blobHash: sha256(encryptedBlob)};
      }),
    ),
  }));
  const byLocator = locators.map(async (n) => {
    const found = await gatekeeper.findAppointments(locator(n));
    return found.map(({userId, device, blobHash}) => [userId, device, blobHash]);
  });
  return {byKey: await Promise.all(byKey), byLocator: await Promise.all(byLocator)};
}

/** What the model would show of the same. */
export function expected(model: Model, keys: readonly number[]): unknown {
  const byKey = keys.map((key) => {
    const user = model.ownerOf(key);
    const code = !user ? 'AUTHENTICATION_FAILURE' : model.height >= user.expiry ? 'SUBSCRIPTION_EXPIRED' : undefined;
    const refused = code && {refused: `TOWER_${code}`};
    if (!user || refused) return {info: refused, appointments: locators.map(() => refused)};
    return {
      info: {
        userId: user.id,
        availableSlots: user.slots,
        subscriptionStart: user.start,
        subscriptionExpiry: user.expiry,
        locators: [...user.appointments.keys()].sort().map(locator),
      },
      appointments: locators.map((n) => {
        const held = user.appointments.get(n);
        if (!held) return undefined;
        const {slots, blobHash, toSelfDelay, startBlock, signature} = held;
        return {locator: locator(n), slots, blobHash, toSelfDelay, startBlock, signature};
      }),
    };
  });
  const users = [...model.users.values()].sort((a, b) => a.subscription - b.subscription);
  const byLocator = locators.map((n) =>
    users.flatMap(({id, appointments}) => {
      const held = appointments.get(n);
      return held ? [[id, publicKey(held.device), held.blobHash]] : [];
    }),
  );
  return {byKey, byLocator};
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function orRefusal<Result>(asked: Promise<Result>): Promise<Result | {refused: string}> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Rejection) return {refused: error.code};
    throw error;
  }
}
