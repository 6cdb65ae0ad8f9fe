// Stands for the program's own table of customers and nodes.

const names = ['alice', 'bob', 'carol', 'dave', 'erin'];

/** Customer n, from 1. His number is his user id. */
export function customer(n) {
  const name = names[n - 1] ?? `customer-${n}`;
  return {number: n, name, invitation: `invitation of ${name}`, password: `password of ${name}`};
}

function customerNamed(name) {
  const n = names.indexOf(name) + 1 || Number(/^customer-([1-9]\d{0,5})$/.exec(name)?.[1] ?? 0);
  return n > 0 ? customer(n) : undefined;
}

/** Answers a user id, or a negative number for nobody. 0 would have the tower choose the id. */
export function checkUserSignup(signupInfo) {
  const {name, invitation} = parse(signupInfo);
  const found = customerNamed(name);
  return found !== undefined && invitation === found.invitation ? found.number : -1;
}

/** Answers a user id, or a negative number for nobody. Never 0: a login is no way to a new user. */
export function checkUserLogin(loginInfo) {
  const {name, password} = parse(loginInfo);
  const found = customerNamed(name);
  return found !== undefined && password === found.password ? found.number : -1;
}

/** Answers a role, or nothing. */
export function checkNewNode(node) {
  return node.serial === 'B-1' ? 'primary' : null;
}

/** What a device sends may be anything. */
function parse(info) {
  try {
    return JSON.parse(info) ?? {};
  } catch {
    return {};
  }
}
