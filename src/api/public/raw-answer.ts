import {STATUS_CODES} from 'node:http';
import type {Refusal} from './refusal.js';

/** A refusal as bytes for a connection on which there is no request to reply to. */
export function rawAnswer({status, headers, body}: Refusal): Buffer {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
}
