// Decides who may use a tower. It runs in a process of its own, and is read again when it changes.
import {readFile} from 'node:fs/promises';

// Fast callbacks, asked at once: -1 denies, -2 leaves it to the check.
export const user_signup = (signupInfo) => (signupInfo.startsWith('welcome ') ? -2 : -1);
export const user_login = (loginInfo) => (loginInfo === '' ? -1 : -2);

// A node is one of ours, or nobody.
export function new_node(nodeInfo) {
  return JSON.parse(nodeInfo).serial === 'B-1' ? 'primary' : null;
}

// Checks, asked after a block: they may take a while, and answer -2 for "not yet".
export async function checkUserSignup(signupInfo) {
  const account = (await accounts()).find(({invitation}) => invitation === signupInfo);
  return account?.id ?? -1;
}

export async function checkUserLogin(loginInfo) {
  const account = (await accounts()).find(({password}) => password === loginInfo);
  return account?.id ?? -1;
}

// Read each time: whoever is added to the file can sign up from the next block on.
async function accounts() {
  return JSON.parse(await readFile(new URL('accounts.json', import.meta.url), 'utf8'));
}
