import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {addressGroup} from './address-group.js';
import {rawAnswer} from './raw-answer.js';
import type {Refusal} from './refusal.js';

/** Requests that may wait behind another one on their connection, on all connections together. */
const maxWaiting = 4_096;
/** How long whoever was refused may take to read it before the connection is reset. */
const lingerMs = 2_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Connection {
  readonly socket: Socket;
  readonly group: string;
  /** The request that is being answered. */
  running: Exchange | undefined;
  readonly waiting: Exchange[];
  /** Whether the running request is made to wait by the rate limit. */
  held: boolean;
  /** What is said once everything before it has been answered; then the connection ends. */
  refusal: Refusal | undefined;
}

interface ConnectionsOptions {
  /** Connections that may be open. */
  readonly limit: number;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Told the status with which something was answered that never came to be a whole request. */
  readonly onRefused?: ((status: number) => void) | undefined;
}

/**
 * Every open connection. Requests on one of them are answered one after the other, as HTTP asks for where they are not
 * safe; so no more are under way than there are connections. When there are too many, those give way that have not asked
 * anything whole, or do not read what they are answered, of the address that has most of them.
 */
export class Connections {
  readonly #limit: number;
  readonly #handle: ConnectionsOptions['handle'];
  readonly #onRefused: ConnectionsOptions['onRefused'];
  readonly #connections = new Map<Socket, Connection>();
  #waiting = 0;
  #draining = false;

  constructor({limit, handle, onRefused}: ConnectionsOptions) {
    this.#limit = limit;
    this.#handle = handle;
    this.#onRefused = onRefused;
  }

  get size(): number {
    return this.#connections.size;
  }

  add(socket: Socket): void {
    if (this.#connections.size >= this.#limit) {
      const given = this.#idlest();
      if (given === undefined) {
        socket.destroy();
        return;
      }
      this.#connections.delete(given.socket);
      given.socket.destroy();
    }
    const group = addressGroup(socket.remoteAddress);
    const connection: Connection = {socket, group, running: undefined, waiting: [], held: false, refusal: undefined};
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#waiting -= connection.waiting.splice(0).length;
    });
  }

  /** Answers a request when those before it on its connection have been answered. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) {
      request.socket.destroy();
      return;
    }
    if (connection.running === undefined) {
      this.#run(connection, {request, response});
      return;
    }
    if (++this.#waiting > maxWaiting) {
      this.#waiting--;
      request.socket.destroy();
      return;
    }
    connection.waiting.push({request, response});
    // What is not read yet costs nothing.
    request.socket.pause();
  }

  /** Says that a request waits for the rate limit, or does so no more. */
  hold(request: IncomingMessage, held: boolean): void {
    const connection = this.#connections.get(request.socket);
    if (connection !== undefined) connection.held = held;
  }

  /** Refuses what could not be read as a request, after what came before it has been answered. */
  refuse(socket: Socket, refusal: Refusal): void {
    const connection = this.#connections.get(socket);
    if (connection?.refusal !== undefined) return;
    if (connection === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    connection.refusal = refusal;
    // Only the last of them can be incomplete, and then it is the one that failed.
    if (connection.waiting.at(-1)?.request.complete === false) {
      connection.waiting.pop();
      this.#waiting--;
    }
    if (connection.running?.request.complete !== true) this.#refuseNow(connection, refusal);
  }

  /** Whether the answer to this request is the last on its connection. */
  isLast(request: IncomingMessage): boolean {
    return this.#draining && this.#connections.get(request.socket)?.waiting.length === 0;
  }

  /** From now on, connections end when what they have asked is answered; those that have asked nothing end now. */
  drain(): void {
    this.#draining = true;
    for (const {socket} of this.#connections.values()) if (socket.bytesRead === 0) socket.destroy();
  }

  #run(connection: Connection, exchange: Exchange): void {
    connection.running = exchange;
    exchange.response.once('close', () => this.#next(connection));
    this.#handle(exchange.request, exchange.response);
  }

  #next(connection: Connection): void {
    connection.running = undefined;
    connection.held = false;
    if (connection.socket.destroyed) return;
    const next = connection.waiting.shift();
    if (next !== undefined) this.#waiting--;
    if (connection.waiting.length === 0 && connection.socket.isPaused()) connection.socket.resume();
    if (next !== undefined) this.#run(connection, next);
    else if (connection.refusal !== undefined) this.#refuseNow(connection, connection.refusal);
  }

  #refuseNow({socket, running}: Connection, refusal: Refusal): void {
    if (running?.response.headersSent === true) {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(refusal));
    this.#onRefused?.(refusal.status);
    // Whoever still sends would lose the answer to a reset.
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  /** The oldest connection that has no request in work, of the address that has most of them. */
  #idlest(): Connection | undefined {
    const idle = [...this.#connections.values()].filter(isIdle);
    const counts = new Map<string, number>();
    for (const {group} of idle) counts.set(group, (counts.get(group) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return idle.find(({group}) => counts.get(group) === most);
  }
}

/** Nothing is being done for it: it asks nothing, has not said all of what it asks, has to wait, or does not read. */
const isIdle = ({socket, running, held}: Connection): boolean =>
  held || running?.request.complete !== true || socket.writableLength > 0;
