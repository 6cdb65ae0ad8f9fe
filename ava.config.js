/** They start many processes, and would be the last ones running. */
const longest = ['e2e/kill', 'e2e/auth-async', 'sim/scenarios.regtest', 'sim/explore', 'bench/'];
const rank = (file) => {
  const index = longest.findIndex((part) => file.includes(`/test/${part}`));
  return index === -1 ? longest.length : index;
};

export default {
  files: ['dist/test/**/*.test.js'],
  require: ['./dist/test/support/printed-seed.js'],
  workerThreads: false,
  timeout: '15m',
  sortTestFiles: (a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'),
};
