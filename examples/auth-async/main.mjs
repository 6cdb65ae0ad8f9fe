// A program with its own tower that authorizes users by itself, later: callbacks put each request into a queue and answer
// at once; a loop takes them out again and decides. Kill it whenever you like, and start it again: nothing is lost.
//
//   node examples/auth-async/main.mjs [URI] [PEOPLE]
//
// With `&chain=bitcoind&btc_rpc_cookie=...` in the URI it runs on a real node.
import {setTimeout as pause} from 'node:timers/promises';
import {BartizanError, open} from 'bartizan';
import {checkNewNode, checkUserLogin, checkUserSignup} from './accounts.mjs';
import {startDevices} from './devices.mjs';

const [uri = 'file:auth-async.db?node=primary&bind=tcp://0.0.0.0:1234&auth=user', people = '3'] = process.argv.slice(2);
const simulated = !uri.includes('chain=bitcoind');

// In memory only: the tower has every request on disk before anybody hears of it.
const queue = new Map();

// Called by the tower. -2: it will be decided later.
function enqueue(kind, info, nodeInfo, {requestId, key}) {
  queue.set(requestId, {kind, info, nodeInfo, key});
  return -2;
}

// Called by the loop below.
async function processRequests() {
  for (const [requestId, request] of queue) {
    queue.delete(requestId);
    try {
      await decide(requestId, request);
    } catch (error) {
      // Such as a user id that somebody else has meanwhile.
      if (!(error instanceof BartizanError) || error.family !== 'rejection') throw error;
      console.log(`request ${requestId} is not decided: ${error.message}`);
    }
  }
}

async function decide(requestId, {kind, info, nodeInfo, key}) {
  const node = JSON.parse(nodeInfo);
  if (kind === 'new_node') {
    const role = checkNewNode(node);
    if (role) await db.pragma(`PRAGMA authorize_node="${key}:${role}"`);
    else await db.tower.auth.deny(requestId, {reason: 'this node is not one of ours', actor: 'program'});
  } else {
    const userId = kind === 'user_signup' ? checkUserSignup(info) : checkUserLogin(info);
    if (userId >= 0) await db.pragma(`PRAGMA authorize_user="${key}:${userId}"`);
    else await db.tower.auth.deny(requestId, {reason: 'unknown name or password', actor: 'program'});
  }
}

// What was pending when the program ended, however it ended: a callback is not called again for what it has answered.
async function recallPending() {
  for (let after = 0; after !== null;) {
    const page = await db.tower.auth.requests({state: 'pending', after, limit: 100});
    for (const {requestId} of page.requests) {
      const {kind, info, nodeInfo, key} = await db.tower.auth.request(requestId);
      queue.set(requestId, {kind, info, nodeInfo, key});
    }
    after = page.next;
  }
  if (queue.size > 0) console.log(`still pending, and decided now: ${queue.size}`);
}

// What is wrong with a URI, `open` says at once.
function openTower() {
  try {
    return open(uri);
  } catch (error) {
    return giveUp(error);
  }
}

// A tower that cannot be opened, or halts: what has happened, what to do, and an exit status (2: the URI is wrong).
function giveUp(error) {
  if (!(error instanceof BartizanError)) throw error;
  console.error(`error: ${error.message}\nhint: ${error.hint}`);
  process.exit(error.exit);
}

const db = openTower();
db.on('error', giveUp);
db.on('warning', (warning) => console.log(`note: ${warning}`));
db.on('decided', ({requestId, state, userId, role, reason}) => {
  console.log(`request ${requestId} ${state}: ${role ?? (userId === null ? reason : `user ${userId}`)}`);
});

// Wait until the tower has reached the tip of its chain.
for (;;) {
  const status = await db.pragma('PRAGMA sync_status');
  if (status.db_is_ready) break;
  await pause(250);
}
console.log(`tower ${db.tower.id} is ready at height ${db.tower.tip.height}`);

db.registerFunction('user_signup', 3, (info, nodeInfo, context) => enqueue('user_signup', info, nodeInfo, context));
db.registerFunction('user_login', 3, (info, nodeInfo, context) => enqueue('user_login', info, nodeInfo, context));
db.registerFunction('new_node', 2, (nodeInfo, context) => enqueue('new_node', null, nodeInfo, context));

// Requests that no callback has answered are put to it now; after that, all that are pending are alike.
await db.tower.auth.settled();
await recallPending();

// Elsewhere in the world, people reach for their devices.
const devices = startDevices(db, Number(people));

while (!devices.done || queue.size > 0) {
  await processRequests();
  if (simulated) await db.mine(1);
  await pause(100);
}

console.log(`every device has its answer at height ${db.tower.tip.height}`);
await db.close();
