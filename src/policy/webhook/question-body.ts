import {createHmac} from 'node:crypto';
import type {Question} from '../../gatekeeper/auth/policy.js';

/** The JSON that asks a question; the wire names are made here. Undefined when node_info is not JSON. */
export function questionBody({kind, info, nodeInfo, context}: Question): Buffer | undefined {
  const parsed = parsedOrUndefined(nodeInfo);
  if (parsed === undefined) return undefined;
  const infoName = {user_signup: 'signup_info', user_login: 'login_info', new_node: undefined}[kind];
  return Buffer.from(
    JSON.stringify({
      request_id: context.requestId,
      kind,
      public_key: context.key,
      proven: context.proven,
      ...(infoName !== undefined && {[infoName]: info}),
      node_info: parsed,
      height: context.height,
      received_height: context.receivedHeight,
      attempts: context.attempts,
      former_user_id: context.formerUserId,
    }),
  );
}

/**
 * The headers that go with a body. `idempotency-key` names the request, and stays the same however often it is asked
 * about. `x-bartizan-signature` is `sha256=` and the HMAC-SHA256, in hex, of the body's bytes under the secret.
 */
export function questionHeaders(
  body: Buffer,
  {requestId, towerId, secret}: {requestId: number; towerId: string; secret: string | undefined},
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'idempotency-key': `${towerId}-${requestId}`,
    ...(secret !== undefined && {
      'x-bartizan-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }),
  };
}

function parsedOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
