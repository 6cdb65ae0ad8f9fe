import {reference, type Schema} from './schemas.js';

/** What each status means wherever it is answered. */
const meanings: Readonly<Record<number, string>> = {
  400: 'The body is not what is asked for: codes 1 to 6, or 65 when the subscription can grow no more',
  401: 'Code 7: register, then ask again',
  404: 'Code 36: there is no such appointment',
  408: 'The request did not arrive in time',
  411: 'A body without a length',
  413: 'The body, or the blob in it, is longer than this tower accepts',
  415: 'The body is of another type than application/json',
  429: 'Too many requests of one address, or registrations of one key; Retry-After tells when',
  431: 'Too long headers',
  500: 'A defect of the tower',
  503: 'Code 32: the tower cannot promise anything now; Retry-After tells when',
};

const json = (schema: Schema): Schema => ({'application/json': {schema}});

/** Answers that are errors, by status. */
export const refusals = (statuses: readonly number[], own: Readonly<Record<number, string>> = {}): Schema =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {description: own[status] ?? meanings[status]!, content: json(reference('Error'))},
    ]),
  );

interface Post {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly request: string;
  readonly answer: string;
  /** Statuses besides those that every request may get. */
  readonly refused: readonly number[];
  /** What 503 means here, besides what it means everywhere. */
  readonly unavailable?: string;
}

/** A path to which a body is posted. */
export function post({request, answer, refused, unavailable, ...about}: Post): Schema {
  const statuses = [400, 408, 411, 413, 415, 431, 500, 503, ...refused].sort((a, b) => a - b);
  return {
    post: {
      ...about,
      requestBody: {required: true, content: json(reference(request))},
      responses: {
        200: {description: 'Done', content: json(reference(answer))},
        ...refusals(statuses, unavailable === undefined ? {} : {503: `${meanings[503]}. ${unavailable}`}),
      },
    },
  };
}

export const paths: Readonly<Record<string, Schema>> = {
  '/register': post({
    operationId: 'register',
    summary: 'Register a key, or renew its subscription',
    description: 'Adds slots and time. Nobody has to sign it: whoever knows a key may register it.',
    request: 'RegisterRequest',
    answer: 'Registration',
    refused: [429],
    unavailable:
      'Or it has to authorize the key first: then the text says from which block on to ask again, and there is no Retry-After',
  }),
  '/add_appointment': post({
    operationId: 'addAppointment',
    summary: 'Deposit an appointment, or update the one with the same locator',
    description:
      'Takes a slot for every 2048 bytes of the blob, one at least; an update takes or returns the difference. Who asks too often is answered later instead of with 429.',
    request: 'AddAppointmentRequest',
    answer: 'AppointmentReceipt',
    refused: [401],
  }),
  '/get_appointment': post({
    operationId: 'getAppointment',
    summary: 'Get an appointment back',
    description: 'As it was deposited by any device of the same user.',
    request: 'GetAppointmentRequest',
    answer: 'WatchedAppointment',
    refused: [401, 404, 429],
  }),
  '/get_subscription_info': post({
    operationId: 'getSubscriptionInfo',
    summary: 'Get what a subscription has left, and the locators of its appointments',
    description: 'Of the subscription that the signing key belongs to.',
    request: 'GetSubscriptionInfoRequest',
    answer: 'SubscriptionInfo',
    refused: [401, 429],
  }),
  '/ping': {
    get: {
      operationId: 'ping',
      summary: 'Learn whether the tower is there',
      responses: {200: {description: 'It is'}, ...refusals([408, 429, 431])},
    },
    head: {
      operationId: 'pingHead',
      summary: 'The same, without a body',
      responses: {200: {description: 'It is'}, 429: {description: meanings[429]!}},
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'describe',
      summary: 'Get this document',
      responses: {200: {description: 'It', content: json({type: 'object'})}, ...refusals([408, 429, 431])},
    },
  },
};
