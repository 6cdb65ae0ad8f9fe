/** Lets everything that is under way go on until the condition holds; the test runner's time limit is its only one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
