import type {RequestKind} from '../../store/layout.js';
import type {DecisionSettings} from '../../store/meta.js';
import type {DeviceRow} from '../../store/rows.js';

export type AuthLevel = DecisionSettings['auth'];

export const requestKinds = ['user_signup', 'user_login', 'new_node'] as const satisfies readonly RequestKind[];

export const isRequestKind = (kind: string): kind is RequestKind => (requestKinds as readonly string[]).includes(kind);

/** Primaries need an authorization at every level, so that nodes may always ask. */
export const takesKind = (level: AuthLevel, kind: RequestKind): boolean => kind === 'new_node' || level === 'user';

/** Above `node`, a secondary is some person's device, and passes through signup or login. */
export const givesRole = (level: AuthLevel, role: 'primary' | 'secondary'): boolean =>
  role === 'primary' || level === 'node';

/** Whether a device has what a request of this kind would give it. */
export const hasWhat = (kind: RequestKind, device: DeviceRow | undefined): boolean =>
  device !== undefined && (kind === 'new_node' ? device.role !== null : device.userId > 0);
