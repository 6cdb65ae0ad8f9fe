import type {Timers} from '../chain/timers.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import {Webhook, type WebhookEvent} from '../policy/webhook.js';
import {type PolicyEvent, PolicyWorker} from '../policy/worker/index.js';
import type {TowerSettings} from '../tower/settings.js';
import {readSecretFile} from './secret-file.js';

/** What happens to whoever decides requests; it is told, and decides nothing. */
export type PolicyReport = Prefixed<PolicyEvent> | WebhookEvent;

type Prefixed<Event extends {readonly type: string}> = Event extends unknown
  ? Omit<Event, 'type'> & {readonly type: `policy_${Event['type']}`}
  : never;

interface PoliciesOptions {
  /** The tower's public key. */
  readonly towerId: string;
  readonly timers?: Timers | undefined;
  readonly onReport: (report: PolicyReport) => void;
}

/** Those who decide requests, as the settings name them. */
export interface OpenedPolicies {
  /** In the order in which they are asked. */
  readonly policies: readonly Policy[];
  close(): Promise<void>;
}

/** @throws OperationalError TOWER_INVALID_POLICY, TOWER_INVALID_SETTING, TOWER_FILE_FAILED */
export async function openPolicies(
  settings: TowerSettings,
  {towerId, timers, onReport}: PoliciesOptions,
): Promise<OpenedPolicies> {
  const policies: Policy[] = [];
  const close = async () => {
    await Promise.all(policies.splice(0).map((policy) => policy.close()));
  };
  const shared = timers === undefined ? {} : {timers};
  try {
    if (settings.authPolicy !== '') {
      const worker = await PolicyWorker.open({
        ...shared,
        file: settings.authPolicy,
        timeLimitMs: settings.authPolicyTimeLimit,
        memoryLimitMiB: settings.authPolicyMemory,
        onEvent: (event) => onReport({...event, type: `policy_${event.type}`} as Prefixed<PolicyEvent>),
      });
      policies.push(worker);
    }
    if (settings.authWebhook !== '') {
      const {authWebhookSecretFile: secretFile} = settings;
      const webhook = Webhook.open({
        ...shared,
        url: settings.authWebhook,
        towerId,
        timeLimitMs: settings.authWebhookTimeLimit,
        ...(secretFile === '' ? {} : {secret: await readSecretFile(secretFile, 'auth_webhook_secret_file')}),
        onEvent: onReport,
      });
      policies.push(webhook);
    }
    return {policies: [...policies], close};
  } catch (error) {
    await close();
    throw error;
  }
}
