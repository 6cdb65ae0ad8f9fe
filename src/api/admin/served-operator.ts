import {Rejection} from '../../errors/index.js';
import {InvalidParameter, NoTip} from '../../gatekeeper/rejections.js';
import {maxU32} from '../../gatekeeper/settings.js';
import type {Place} from '../../gatekeeper/appointment-place.js';
import type {FoundAppointment} from '../../gatekeeper/held-appointments.js';
import {parseUuid, uuidOf} from '../../gatekeeper/user-info.js';
import type {DuePlace} from '../../gatekeeper/forecast.js';
import {copyStore} from '../../tower/store-copy.js';
import type {Tower} from '../../tower/tower.js';
import type {AdminOperator, AppointmentView} from './admin-operator.js';
import {type Moment, summaryOf} from './user-summary.js';

/** Whoever can open the socket is the operator. */
const actor = 'operator';

/** What an operator does with a tower, as the admin interface sees it. */
export function servedOperator(tower: Tower): AdminOperator {
  const {operator} = tower;
  let copying = false;
  const moment = (): Moment => {
    if (tower.tip === undefined) throw new NoTip();
    return {tipHeight: tower.tip.height, expiryDelta: tower.gatekeeper.expiryDelta};
  };
  return {
    async extend(who, blocks) {
      const user = await operator.extend(who, blocks, actor);
      const now = moment();
      return {
        ...summaryOf(user, now),
        tipHeight: now.tipHeight,
        blocks,
        deletionHeight: user.subscriptionExpiry + now.expiryDelta,
      };
    },

    async delete(who) {
      const user = await operator.delete(who, actor);
      const now = moment();
      return {...summaryOf(user, now), tipHeight: now.tipHeight};
    },

    forecast: ({blocks, after, limit}) => operator.forecast(blocks, {after, limit}),

    async dueUsers({blocks, after, limit}) {
      const {users, next, ...heights} = await operator.dueUsers(blocks, {after: placeOf(after), limit});
      const at = {tipHeight: heights.tipHeight, expiryDelta: tower.gatekeeper.expiryDelta};
      return {
        ...heights,
        users: users.map(({info, deletionHeight}) => ({...summaryOf(info, at), deletionHeight})),
        next: next && `${next.expiry}:${next.userId}`,
      };
    },

    async copyStore(path, tell) {
      if (copying) throw new Rejection('TOWER_BACKUP_RUNNING', 'a backup is being made');
      copying = true;
      try {
        return await copyStore(tower.gatekeeper.userDb, path, tell);
      } finally {
        copying = false;
      }
    },

    async appointments({locator, after, limit}) {
      const {appointments, next} = await operator.appointments({locator, after: behind(after), limit});
      const {tipHeight} = moment();
      const {appointments: total} = tower.gatekeeper.registeredUsers.holdings;
      return {tipHeight, total, appointments: appointments.map(viewOf), next: next && uuidAt(next)};
    },
  };
}

const uuidAt = ({subscription, locator}: Place): string => uuidOf(subscription, locator);

const viewOf = ({subscription, locator, device: key, ...others}: FoundAppointment): AppointmentView => ({
  uuid: uuidOf(subscription, locator),
  locator,
  key,
  ...others,
});

function behind(uuid: string | undefined): Place | undefined {
  if (uuid === undefined) return undefined;
  const place = parseUuid(uuid);
  if (place === undefined) throw new InvalidParameter('after', 'a uuid, as `next` of the page before has it');
  return place;
}

function placeOf(text: string | undefined): DuePlace | undefined {
  if (text === undefined) return undefined;
  const [, expiry, userId] = /^(\d{1,10}):(\d{1,10})$/.exec(text)?.map(Number) ?? [];
  if (expiry === undefined || userId === undefined || expiry > maxU32 || userId > maxU32) {
    throw new InvalidParameter('after', 'EXPIRY:ID, as `next` of the page before has it');
  }
  return {expiry, userId};
}
