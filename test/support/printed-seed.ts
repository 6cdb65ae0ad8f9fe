import fc from 'fast-check';

/**
 * Prints the seed and the smallest case of a property that fails. An assertion of the test runner ends the test with its
 * own error, and what fast-check has to say would be lost.
 */
fc.configureGlobal({
  reporter: (details) => {
    if (!details.failed) return;
    const message = fc.defaultReportMessage(details) ?? 'a property failed';
    console.error(message);
    throw new Error(message, {cause: details.errorInstance});
  },
});
