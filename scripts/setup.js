// Makes a clone ready to run: installs the dependencies and compiles the sources, each only when needed. It runs before
// anything is installed or compiled, hence plain JavaScript without dependencies; stdout stays free for data. Every
// start in a clone passes here, so what only a clone with work to do needs is loaded late.
import {Clone} from './clone.js';

const oldestNode = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  fail({
    what: `Bartizan needs Node.js ${oldestNode.join('.')} or newer`,
    why: `this is Node.js ${process.versions.node}`,
    next: 'install a newer Node.js from https://nodejs.org, then try again',
  });
}

const clone = new Clone(new URL('..', import.meta.url));
if (!clone.isReady()) {
  const {makeReady} = await import('./make-ready.js');
  try {
    await makeReady(clone);
  } catch (error) {
    if (error.problem === undefined) throw error;
    fail(error.problem);
  }
}

function fail({what, why, next}) {
  console.error(`error: ${what}\nbecause: ${why}\nhint: ${next}`);
  process.exit(1);
}
