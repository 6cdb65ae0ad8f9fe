// Devices that live in the program's own process, so that the example needs nothing else. Each has a key, proves it with
// every request, and sends a request only if the tower does not have it yet.
import {createHash} from 'node:crypto';
import {proofMessage, SigningKey} from 'bartizan';
import {customer} from './accounts.mjs';

const wishes = {user_signup: 'sign up', user_login: 'log in', new_node: 'be a node'};

/**
 * Each customer signs up with a phone and logs in with a laptop; every third laptop belongs to somebody who guesses the
 * password. Two nodes ask to be primaries, of which one is unknown.
 */
export function startDevices(db, people) {
  const world = {db, answers: new Map()};
  db.on('decided', ({key}) => world.answers.get(key)?.());
  const devices = {done: false};
  const stories = [
    ask(world, 'backup', 'new_node', undefined, {serial: 'B-1'}),
    ask(world, 'intruder', 'new_node', undefined, {serial: 'X-9'}),
    ...Array.from({length: people}, (_, i) => phoneAndLaptop(world, customer(i + 1))),
  ];
  void Promise.all(stories).then(() => (devices.done = true));
  return devices;
}

async function phoneAndLaptop(world, {number, name, invitation, password}) {
  await ask(world, `${name}'s phone`, 'user_signup', JSON.stringify({name, invitation}));
  const guessed = number % 3 === 0 ? 'a guess' : password;
  await ask(world, `${name}'s laptop`, 'user_login', JSON.stringify({name, password: guessed}));
}

/** Resolves when the device has its answer. */
async function ask({db, answers}, name, kind, info, about = {}) {
  const {auth} = db.tower;
  const key = new SigningKey(createHash('sha256').update(name).digest());
  const nodeInfo = JSON.stringify({public_key: key.publicKey, name, ...about});
  const answered = new Promise((resolve) => answers.set(key.publicKey, resolve));

  const known = (await auth.status(key.publicKey)).requests.find((request) => request.kind === kind);
  if (known !== undefined && known.state !== 'pending') return;
  if (known === undefined) {
    const {requestId} = await send(db.tower, key, {kind, info, nodeInfo});
    // Said only now, when it is on disk.
    console.log(`request ${requestId} received: ${name} asks to ${wishes[kind]}`);
  }
  await answered;
}

async function send(tower, key, request) {
  for (;;) {
    const {height, hash} = tower.tip;
    const message = proofMessage({towerId: tower.id, blockHash: hash, ...request, info: request.info ?? ''});
    try {
      return await tower.auth.submit({...request, blockHeight: height, blockHash: hash, signature: key.sign(message)});
    } catch (error) {
      // A reorg may have taken away the block that the proof names.
      if (error.code !== 'TOWER_STALE_PROOF') throw error;
    }
  }
}
