import type {UserRow} from '../../store/rows.js';
import type {UserChange, UserMark} from './story.js';

/** How it stands with a user. */
export type Standing = Omit<UserChange, 'step' | 'mark'>;

/** A user from the moment he was first there. */
export interface Life {
  readonly id: number;
  name: string;
  readonly changes: UserChange[];
  readonly keys: Set<string>;
  now: Standing;
  /** In the time that it is now, he has never been there. */
  isGone: boolean;
}

/** What has just changed; it belongs to the step that is told next. */
export interface Pending {
  readonly life: Life;
  readonly mark: UserMark;
  readonly now: Standing;
}

const thenName = ', then ';

/** In another time an id may be given to somebody else. */
export function rename(life: Life, name: string): void {
  if (!life.name.split(thenName).includes(name)) life.name += `${thenName}${name}`;
}

/** A user of whom there is a row, and who is not there yet, or no more. */
export function lifeOf(id: number, name: string, row: UserRow): Life {
  const {availableSlots: available, grantedSlots: granted, start, expiry, appointments, devices} = row;
  return {
    id,
    name,
    changes: [],
    keys: new Set(devices.map(({key}) => key)),
    now: {state: 'deleted', available, granted, start, expiry, appointments, devices: devices.length},
    isGone: false,
  };
}
