import test from 'ava';

const {CI = ''} = process.env;

/** In place of a test whose other half cannot be had: skipped with a warning, but a failure where `CI` is set. */
export function testWithout(part: string, title: string, why: Error): void {
  if (CI === '') {
    console.error(`SKIPPED for want of a ${part}: ${title}\n  ${why.message}`);
    test.skip(title, (t) => t.pass());
  } else {
    test.serial(title, () => {
      throw why;
    });
  }
}
