// A program with a tower of its own, and the loop in which it decides.
import {setTimeout as pause} from 'node:timers/promises';
import {open} from 'bartizan';

const db = open('file:tower.db?node=primary&auth=user');
const queue = new Map();

// Called by the tower when a device asks. It answers fast: -2, decided later.
db.registerFunction('user_signup', 3, (signupInfo, nodeInfo, {requestId, key}) => {
  queue.set(requestId, {signupInfo, key});
  return -2;
});

await db.ready();
console.log(`tower ${db.tower.id} is ready`);

// The queue went with the last run, the requests did not. A callback that has answered is not called again.
await db.tower.auth.settled();
const {requests} = await db.tower.auth.requests({state: 'pending', limit: 1000});
for (const {requestId, key, kind} of requests) {
  const {info} = await db.tower.auth.request(requestId);
  if (kind === 'user_signup') queue.set(requestId, {signupInfo: info, key});
}

function decide(requestId, {signupInfo, key}) {
  if (signupInfo === 'welcome alice') return db.pragma(`PRAGMA authorize_user="${key}:0"`);
  return db.tower.auth.deny(requestId, {reason: 'unknown invitation', actor: 'program'});
}

for (;;) {
  for (const [requestId, request] of queue) {
    queue.delete(requestId);
    try {
      await decide(requestId, request);
      console.log(`request ${requestId} is decided`);
    } catch (error) {
      console.log(`request ${requestId}: ${error.message}`); // an operator was quicker, say
    }
  }
  await pause(500);
}
