import type {Timers} from '../timers.js';
import {TopicCounter} from './topic-counter.js';
import type {Notification, Notifications} from './transport.js';

/** The topic that announces a new tip. Its body is the hash, in display order. */
export const hashblockTopic = 'hashblock';

/** Announced hashes that are remembered; a poll asks only for the newest. */
const rememberedHashes = 64;

export interface AnnouncementStats {
  readonly messages: number;
  /** Messages that did not follow the one before: some were lost, or the node has started anew. */
  readonly gaps: number;
  /** New tips that were seen by asking and that nobody announced. */
  readonly missed: number;
  readonly reconnects: number;
  /** Milliseconds since the last message; undefined before the first. */
  readonly lastMessageAgeMs: number | undefined;
}

interface AnnouncementOptions {
  readonly notifications: Notifications;
  readonly timers: Timers;
  /** How long the announcement of a tip that was seen by asking may take. */
  readonly graceMs: number;
  readonly onAnnounced: () => void;
  /** Told of each tip that nobody announced. */
  readonly onMissed?: () => void;
}

/**
 * The announcements of new tips, and the watch over them. The watch is driven by what asking the node shows, never by
 * the announcements themselves: a stream that has died in silence says nothing about it.
 */
export class Announcements {
  readonly #options: AnnouncementOptions;
  readonly #counter = new TopicCounter();
  readonly #announced = new Set<string>();
  #seen: {hash: string; chainwork: bigint} | undefined;
  #cancelGrace: (() => void) | undefined;
  #messages = 0;
  #gaps = 0;
  #missed = 0;
  #reconnects = 0;
  #lastMessageMs: number | undefined;

  constructor(options: AnnouncementOptions) {
    this.#options = options;
  }

  get stats(): AnnouncementStats {
    return {
      messages: this.#messages,
      gaps: this.#gaps,
      missed: this.#missed,
      reconnects: this.#reconnects,
      lastMessageAgeMs:
        this.#lastMessageMs === undefined ? undefined : this.#options.timers.nowMs() - this.#lastMessageMs,
    };
  }

  listen(): void {
    this.#options.notifications.listen((notification) => this.#hear(notification));
  }

  /** Tells what the node's tip is, as asking it has shown. */
  sawTip(tip: {hash: string; chainwork: bigint; initialDownload: boolean}): void {
    const before = this.#seen;
    this.#seen = tip;
    // bitcoind announces nothing in initial download, nor when its tip falls back to an older block.
    if (before === undefined || tip.initialDownload || tip.chainwork <= before.chainwork) return;
    if (this.#announced.has(tip.hash) || this.#cancelGrace !== undefined) return;
    const messages = this.#messages;
    this.#cancelGrace = this.#options.timers.after(this.#options.graceMs, () => {
      this.#cancelGrace = undefined;
      // Of blocks that follow each other at once only the last may be announced, so any message is a sign of life.
      if (this.#messages > messages) return;
      this.#missed++;
      this.#reconnects++;
      this.#options.notifications.reconnect();
      this.#options.onMissed?.();
    });
  }

  async close(): Promise<void> {
    this.#cancelGrace?.();
    await this.#options.notifications.close();
  }

  #hear({topic, body, counter}: Notification): void {
    if (topic !== hashblockTopic) return;
    this.#messages++;
    this.#lastMessageMs = this.#options.timers.nowMs();
    const step = this.#counter.step(counter);
    if (step === 'gap' || step === 'restarted') this.#gaps++;
    this.#announced.add(Buffer.from(body).toString('hex'));
    if (this.#announced.size > rememberedHashes) this.#announced.delete(this.#announced.values().next().value!);
    this.#options.onAnnounced();
  }
}
