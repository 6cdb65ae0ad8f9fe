import type {AnsweredRequest, DeviceRequest} from '../../client/index.js';
import {heightInWords, type Saying} from '../../sim/timeline/heights.js';
import type {Paint} from '../paint.js';
import {printable} from '../../errors/printable.js';
import {colourOf, grantRows, retryInWords, type Row, rowOf} from '../request-in-words.js';
import type {ExitStatus} from '../subcommand.js';
import {columns} from '../table.js';

const looking: Saying = {future: 'looked at again', past: 'looked at again'};
const expiring: Saying = {future: 'expires', past: 'to expire'};

/** A request as the device that sent it is told of it. */
export function requestRows(request: DeviceRequest, tipHeight: number, paint: Paint): Row[] {
  const {requestId, kind, state, proven, nextLookHeight, expiresAt, retryHeight, closing} = request;
  const at = (height: number, saying: Saying) => heightInWords(height, {tipHeight, saying});
  return [
    ['request', `${requestId}  ${kind}${proven ? '' : ', unproven'}`],
    ['state', paint(colourOf[state], `${state}${closing === null ? '' : ` at ${closing.height}`}`)],
    ...(closing === null ? [] : grantRows(closing)),
    ...rowOf('reason', closing === null || closing.reason === state ? null : printable(closing.reason)),
    ...(state === 'pending' && nextLookHeight !== null
      ? ([
          ['waits', at(nextLookHeight, looking)],
          ['', at(expiresAt, expiring)],
        ] satisfies Row[])
      : []),
    ...rowOf('next', retryHeight === null ? null : retryInWords(retryHeight, tipHeight)),
    ...rowOf('next', state === 'approved' ? 'bartizan client register' : null),
  ];
}

export const renderRequest = (request: AnsweredRequest, paint: Paint): string =>
  columns(requestRows(request, request.tipHeight, paint)).join('\n');

/** As for `bartizan submit`. */
export const statusOfRequest = ({state}: DeviceRequest): ExitStatus =>
  state === 'denied' || state === 'failed' ? 1 : 0;
