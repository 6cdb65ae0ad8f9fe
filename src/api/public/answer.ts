import type {FastifyReply} from 'fastify';
import type {Refusal} from './refusal.js';

/** Answers with JSON. The names of `body` are those of the wire. */
export function answer(reply: FastifyReply, body: object, status = 200): FastifyReply {
  return sendJson(reply.code(status), Buffer.from(JSON.stringify(body)));
}

/** Answers with an error. */
export function refuse(reply: FastifyReply, {status, headers, body}: Refusal): FastifyReply {
  return sendJson(reply.code(status).headers(headers), body);
}

/** Of a text Fastify would declare a charset, which JSON has none of. */
export function sendJson(reply: FastifyReply, body: Buffer): FastifyReply {
  return reply.header('content-type', 'application/json').send(body);
}
