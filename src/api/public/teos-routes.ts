import type {FastifyInstance} from 'fastify';
import {listSubscription} from '../../gatekeeper/held-appointments.js';
import {AuthenticationFailure} from '../../gatekeeper/rejections.js';
import type {Tower} from '../../tower/tower.js';
import type {AddressLimits} from './address-limits.js';
import {tooOften} from './admission.js';
import {answer} from './answer.js';
import {addAppointmentBody, getAppointmentBody, getSubscriptionInfoBody, registerBody} from './bodies.js';
import {Intake, unprovenBytesPerBlock} from './auth/intake.js';
import {registerOrAsk} from './auth/registration.js';
import {bodyOf} from './body-reader.js';
import {onceThereIsRoom} from './patience.js';
import {Refusal, wireCodes} from './refusal.js';
import {refuseUnready} from './refusals.js';
import {locatorsAtOnce, SubscriptionAnswers} from './subscription-answer.js';

/** Room for the fields that clients send, and for some that later ones may add. */
const smallBodyBytes = 4096;
/** A message signature in zbase32. The hex form, which the tower knows elsewhere, is no part of this wire. */
const signatureCharacters = 104;

interface TeosOptions {
  readonly maxBlobBytes: number;
  readonly limits: AddressLimits;
}

/** The endpoints of the TEOS wire. */
export function addTeosRoutes(app: FastifyInstance, tower: Tower, {maxBlobBytes, limits}: TeosOptions): void {
  const {gatekeeper} = tower;
  const intake = new Intake(unprovenBytesPerBlock);

  /** The registered key that signed. @throws AuthenticationFailure */
  async function authenticate({message, signature}: {message: Uint8Array; signature: string}): Promise<string> {
    refuseUnready(tower);
    // To recover a key costs more than all the rest, so what cannot be a signature is refused before.
    if (signature.length !== signatureCharacters) throw new AuthenticationFailure('key_not_recovered');
    return gatekeeper.authenticateUser(message, signature);
  }

  app.get('/ping', (_request, reply) => reply.send());

  app.post('/register', {config: {maxBodyBytes: smallBodyBytes}}, async (request, reply) => {
    const key = registerBody(bodyOf(request));
    refuseUnready(tower);
    const waitMs = limits.registration(request.ip, key);
    if (waitMs > 0) throw tooOften(waitMs);
    const promise = await registerOrAsk(tower, key, intake.from(request.ip));
    return answer(reply, {
      user_id: key,
      available_slots: promise.availableSlots,
      subscription_start: promise.subscriptionStart,
      subscription_expiry: promise.subscriptionExpiry,
      subscription_signature: promise.subscriptionSignature,
    });
  });

  const add = {
    maxBodyBytes: 2 * maxBlobBytes + smallBodyBytes,
    isPatient: true,
    unauthenticated: 'Invalid signature or user does not have enough slots available',
  } as const;
  app.post('/add_appointment', {config: add}, async (request, reply) => {
    const deposit = addAppointmentBody(bodyOf(request), maxBlobBytes);
    const key = await authenticate(deposit);
    const promise = await onceThereIsRoom(() => gatekeeper.addUpdateAppointment(key, deposit));
    return answer(reply, {
      locator: deposit.locator,
      start_block: promise.startBlock,
      signature: promise.receipt,
      available_slots: promise.availableSlots,
      subscription_expiry: promise.subscriptionExpiry,
    });
  });

  const get = {maxBodyBytes: smallBodyBytes, unauthenticated: 'User cannot be authenticated'};
  app.post('/get_appointment', {config: get}, async (request, reply) => {
    const asked = getAppointmentBody(bodyOf(request));
    const appointment = await gatekeeper.appointment(await authenticate(asked), asked.locator);
    if (appointment === undefined) throw new Refusal(404, wireCodes.appointmentNotFound, 'Appointment not found');
    const {locator, encryptedBlob, toSelfDelay} = appointment;
    const blob = Buffer.from(encryptedBlob).toString('hex');
    return answer(reply, {
      appointment: {locator, encrypted_blob: blob, to_self_delay: toSelfDelay},
      status: 'being_watched',
    });
  });

  const subscriptions = new SubscriptionAnswers();
  const info = {maxBodyBytes: smallBodyBytes, unauthenticated: 'User not found. Have you registered?'};
  app.post('/get_subscription_info', {config: info}, async (request, reply) => {
    const key = await authenticate(getSubscriptionInfoBody(bodyOf(request)));
    return subscriptions.send(reply, await listSubscription(gatekeeper.userDb, key, locatorsAtOnce));
  });
}
