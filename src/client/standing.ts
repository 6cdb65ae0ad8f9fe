import type {Subscription} from './answers.js';
import type {AuthInfo} from './auth-answers.js';
import type {CallOptions} from './connection.js';
import {NotATower, towerErrorCodes, TowerRefusal} from './errors.js';
import {patiently} from './patience.js';

export interface AskedForStanding {
  subscriptionInfo(options: CallOptions): Promise<Subscription>;
  authInfo(options: CallOptions): Promise<Pick<AuthInfo, 'blockHeight'>>;
}

/** How the tower refuses to say anything of the subscription, and the height that is known. */
export interface Refused {
  readonly text: string;
  /** In the tower's words. */
  readonly expiredAt: number | undefined;
  readonly height: number | undefined;
}

export const isRefused = (standing: Subscription | Refused): standing is Refused => 'text' in standing;

/**
 * The subscription as the tower has it, or the words of a tower for which there is none.
 * @throws TowerRefusal for another reason, TowerUnreachable, NotATower
 */
export async function standingOf(
  tower: AskedForStanding,
  height: number | undefined,
  options: CallOptions,
): Promise<Subscription | Refused> {
  try {
    return await patiently(() => tower.subscriptionInfo(options), options);
  } catch (error) {
    if (!(error instanceof TowerRefusal) || error.errorCode !== towerErrorCodes.authenticationOrSubscription)
      throw error;
    const expiredAt = /\bexpired at (\d{1,10})\b/i.exec(error.text)?.[1];
    if (expiredAt !== undefined) return {text: error.text, expiredAt: Number(expiredAt), height};
    return {text: error.text, expiredAt: undefined, height: height ?? (await heightOf(tower, options))};
  }
}

/** The height by the tower's word. Only some towers say it. */
async function heightOf(tower: AskedForStanding, options: CallOptions): Promise<number | undefined> {
  try {
    return (await patiently(() => tower.authInfo(options), options)).blockHeight;
  } catch (error) {
    if (error instanceof TowerRefusal || error instanceof NotATower) return undefined;
    throw error;
  }
}
