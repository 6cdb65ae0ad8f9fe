import {Subscriber} from 'zeromq';
import {OperationalError} from '../../errors/index.js';
import {hashblockTopic} from './announcements.js';
import type {Notification, Notifications} from './transport.js';

const heartbeatMs = 10_000;
const reconnectMs = 100;
const reconnectMaxMs = 5_000;
const keepaliveSeconds = 60;
/** An announcement is a hash. The feed is not authenticated, and what comes over it waits in our memory. */
const maxFrameBytes = 256;

/** The block announcements of a bitcoind over ZMQ. Its connection mends itself; `reconnect` is for one that is dead in silence. */
export class ZmqNotifications implements Notifications {
  readonly endpoint: string;
  #socket: Subscriber | undefined;
  #onMessage: ((notification: Notification) => void) | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(endpoint: string) {
    this.endpoint = endpoint;
  }

  listen(onMessage: (notification: Notification) => void): void {
    this.#onMessage = onMessage;
    this.#open();
  }

  reconnect(): void {
    if (this.#socket === undefined) return;
    this.#socket.close();
    this.#open();
  }

  async close(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
    await this.#reading;
  }

  #open(): void {
    const socket = new Subscriber({
      // No limit on messages that wait for us: they are small, and one that is dropped is dropped in silence.
      receiveHighWaterMark: 0,
      maxMessageSize: maxFrameBytes,
      // Both kinds of addresses; without it those of IPv6 would stay silent.
      ipv6: true,
      // Firewalls forget idle connections without a word to either end.
      tcpKeepalive: 1,
      tcpKeepaliveIdle: keepaliveSeconds,
      tcpKeepaliveInterval: keepaliveSeconds,
      heartbeatInterval: heartbeatMs,
      heartbeatTimeout: heartbeatMs,
      heartbeatTimeToLive: heartbeatMs * 2,
      reconnectInterval: reconnectMs,
      reconnectMaxInterval: reconnectMaxMs,
      // A socket that is closed must not wait for anything.
      linger: 0,
    });
    try {
      socket.connect(this.endpoint);
    } catch (cause) {
      socket.close();
      throw new OperationalError('TOWER_INVALID_SETTING', `${this.endpoint} is not an endpoint of ZMQ`, {
        cause,
        hint: 'Correct btc_feed_connect.',
      });
    }
    socket.subscribe(hashblockTopic);
    this.#socket = socket;
    this.#reading = this.#read(socket);
  }

  async #read(socket: Subscriber): Promise<void> {
    try {
      for await (const [topic, body, counter] of socket) {
        if (topic === undefined || body === undefined || counter?.length !== 4) continue;
        this.#onMessage?.({topic: topic.toString('latin1'), body, counter: counter.readUInt32LE(0)});
      }
    } catch {
      // A stream that breaks is like one that falls silent: whoever watches over it makes the connection anew.
    }
  }
}
