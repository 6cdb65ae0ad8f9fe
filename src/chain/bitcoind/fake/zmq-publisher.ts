import {Publisher} from 'zeromq';
import {OperationalError} from '../../../errors/index.js';
import type {Notification} from '../transport.js';
import {feedHwm} from './methods.js';

/** The feed of a fake node over ZMQ, on loopback. Source: Bitcoin Core's zmq/zmqpublishnotifier.cpp. */
export class ZmqPublisher {
  readonly #onConnected: () => void;
  #socket: Publisher | undefined;
  #sending: Promise<void> = Promise.resolve();

  /** @param onConnected called for each client that connects */
  constructor(onConnected: () => void) {
    this.#onConnected = onConnected;
  }

  /** Answers the endpoint. @throws OperationalError TOWER_ADDRESS_IN_USE */
  async bind(port: number): Promise<string> {
    const socket = new Publisher({sendHighWaterMark: feedHwm, linger: 0});
    socket.events.on('accept', () => this.#onConnected());
    try {
      await socket.bind(`tcp://127.0.0.1:${port === 0 ? '*' : port}`);
    } catch (cause) {
      socket.close();
      throw new OperationalError('TOWER_ADDRESS_IN_USE', `port ${port} cannot be bound`, {cause});
    }
    this.#socket = socket;
    return socket.lastEndpoint!;
  }

  publish({topic, body, counter}: Notification): void {
    const sequence = Buffer.alloc(4);
    sequence.writeUInt32LE(counter);
    // The socket takes one message at a time.
    this.#sending = this.#sending.then(async () => {
      const socket = this.#socket;
      if (socket === undefined) return;
      await socket.send([topic, body, sequence]).catch(() => {});
    });
  }

  /** Ends it once what was published is on its way. */
  async close(): Promise<void> {
    await this.#sending;
    const socket = this.#socket;
    this.#socket = undefined;
    // A socket that is closed while it is bound holds its port for a moment longer.
    await socket?.unbind(socket.lastEndpoint!);
    socket?.close();
  }
}
