import {NoTip} from '../../gatekeeper/rejections.js';
import type {Tower} from '../../tower/tower.js';
import type {AdminAuthorization} from './admin-authorization.js';

/** Whoever can open the socket is the operator. */
const actor = 'operator';

/** The authorization of a tower as the admin interface sees it. */
export function servedAuthorization(tower: Tower): AdminAuthorization {
  const {auth} = tower;
  // The tip is read after the answer, so that nothing that it tells lies above.
  const atTip = async <Answer extends object>(answer: Promise<Answer>): Promise<Answer & {tipHeight: number}> => {
    const given = await answer;
    if (tower.tip === undefined) throw new NoTip();
    return {tipHeight: tower.tip.height, ...given};
  };
  return {
    submit: (submission) => atTip(auth.submit(submission)),
    requests: (query) => atTip(auth.requests(query)),
    request: (id) => atTip(auth.request(id)),
    approve: (id, as) => atTip(auth.approve(id, {...as, actor})),
    deny: (id, reason) => atTip(auth.deny(id, {reason, actor})),
    authorizeUser: (key, userId) => atTip(auth.authorizeUser(key, userId, actor)),
    authorizeNode: (key, role) => atTip(auth.authorizeNode(key, role, actor)),
    devices: (query) => atTip(auth.devices(query)),
    revoke: (key) => atTip(auth.revoke(key, actor)),
    pragma: (line) => tower.pragma(line, actor),
  };
}
