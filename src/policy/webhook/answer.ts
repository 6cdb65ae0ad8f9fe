import {z} from 'zod';
import type {Reply} from '../../gatekeeper/auth/policy.js';
import {type HttpAnswer, maxAnswerBytes} from './post.js';

/** Not yet: it is to be asked again. */
export const later: Reply = {type: 'returned', value: -2};
const notAuthorized: Reply = {type: 'returned', value: -1};

// Nothing is taken in silence: an answer that also says something else is not understood as half of it.
const decision = z.union([
  z.strictObject({user_id: z.int()}),
  z.strictObject({node_type: z.enum(['primary', 'secondary'])}),
  z.strictObject({deny: z.union([z.string(), z.literal(true)])}),
  z.strictObject({later: z.literal(true)}),
]);

/** One name with one plain value: JSON may give the same name twice, and a parser then picks one. */
const oneMember = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:(?:\s*"(?:[^"\\]|\\.)*"\s*|[^",{}[\]]+)\}\s*$/s;

/**
 * What an HTTP answer decides. A wrong one is `failed`, and its text is nowhere repeated; an answer by which the
 * service says that it cannot answer is `unavailable`.
 */
export function readAnswer({status, body}: HttpAnswer): Reply {
  if (status === 202) return later;
  if (status >= 500 || status === 408 || status === 429) {
    return {type: 'unavailable', reason: `the webhook answers with status ${status}`};
  }
  if (status >= 300 && status < 400) {
    return failed(`the webhook redirects (status ${status}), and redirects are not followed`);
  }
  if (status !== 200) return failed(`the webhook answers with status ${status}`);
  if (body === undefined) return failed(`the answer of the webhook has more than ${maxAnswerBytes} bytes`);
  return readDecision(body);
}

/** For how long the service asks to be left alone, by a number of seconds or a date. Source: RFC 9110, 10.2.3. */
export function pauseAskedMs({status, headers}: HttpAnswer): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined || (status !== 429 && status !== 503)) return undefined;
  // A date is measured by the service's own clock, so that it need not agree with ours.
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.date ?? '');
  return ms > 0 ? ms : undefined;
}

function readDecision(body: Buffer): Reply {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(body);
    json = JSON.parse(text);
  } catch {
    return failed('the answer of the webhook is not JSON');
  }
  const {success, data} = decision.safeParse(json);
  if (!success || !oneMember.test(text)) {
    return failed('the answer of the webhook is not exactly one of user_id, node_type, deny and later');
  }
  if ('user_id' in data) return {type: 'returned', value: data.user_id};
  if ('node_type' in data) return {type: 'returned', value: data.node_type};
  if ('later' in data) return later;
  return data.deny === true ? notAuthorized : {type: 'denied', reason: data.deny};
}

const failed = (reason: string): Reply => ({type: 'failed', reason});
