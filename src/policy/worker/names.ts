import type {RequestKind} from '../../store/layout.js';

/** The fast callback of each kind, as a policy file exports it. */
export const callbackOf = {
  user_signup: 'user_signup',
  user_login: 'user_login',
  new_node: 'new_node',
} as const satisfies Record<RequestKind, string>;

/** The later check of each kind. */
export const checkOf = {
  user_signup: 'checkUserSignup',
  user_login: 'checkUserLogin',
  new_node: 'checkNewNode',
} as const satisfies Record<RequestKind, string>;

export type FunctionName = (typeof callbackOf)[RequestKind] | (typeof checkOf)[RequestKind];

export const functionNames: readonly FunctionName[] = [...Object.values(callbackOf), ...Object.values(checkOf)];
