import {OperationalError} from '../errors/index.js';
import {maxU32} from '../gatekeeper/settings.js';
import {mainnetRefused} from '../tower/parts-check.js';
import type {TowerSettings} from '../tower/settings.js';

/** @throws OperationalError TOWER_MAINNET_REFUSED */
export function refuseMainnet({btcNetwork}: Pick<TowerSettings, 'btcNetwork'>): void {
  if (btcNetwork === 'bitcoin') throw mainnetRefused({facts: {setting: 'btc_network'}});
}

const wildcards: readonly string[] = ['0.0.0.0', '[::]', '::'];

/**
 * Of two parts of one tower, the second would find its address taken by the first.
 *
 * @throws OperationalError TOWER_INVALID_SETTING
 */
export function refuseSharedPort(
  settings: Pick<TowerSettings, 'apiBind' | 'apiPort' | 'metricsBind' | 'metricsPort'>,
): void {
  const {apiBind, apiPort: port, metricsBind, metricsPort} = settings;
  const binds = [apiBind, metricsBind];
  const overlap = apiBind === metricsBind || binds.some((bind) => wildcards.includes(bind));
  if (port === 0 || port !== metricsPort || !overlap) return;
  throw new OperationalError('TOWER_INVALID_SETTING', `api_port and metrics_port are both ${port}`, {
    hint: 'Choose another metrics_port.',
    facts: {setting: 'metrics_port'},
  });
}

/**
 * Heights are u32 on the wire. A registration that leads past them would be refused, or, in other towers, wrap round.
 *
 * @throws OperationalError TOWER_INVALID_SETTING
 */
export function refuseEndlessSubscriptions(
  {subscriptionDuration, expiryDelta}: Pick<TowerSettings, 'subscriptionDuration' | 'expiryDelta'>,
  tipHeight: number,
): void {
  if (tipHeight + subscriptionDuration + expiryDelta <= maxU32) return;
  throw new OperationalError(
    'TOWER_INVALID_SETTING',
    `subscription_duration (${subscriptionDuration}) and expiry_delta (${expiryDelta}) lead from block ${tipHeight} past block ${maxU32}`,
    {hint: 'Choose smaller ones: 52,560 blocks are about a year.', facts: {setting: 'subscription_duration'}},
  );
}
