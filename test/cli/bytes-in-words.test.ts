import test from 'ava';
import {bytesInWords} from '../../src/cli/bytes-in-words.js';

test('a size is said in the largest unit that fits', (t) => {
  const sizes: [number, string][] = [
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1.0 KiB'],
    [4300, '4.2 KiB'],
    [65_536, '64 KiB'],
    [2 ** 31, '2.0 GiB'],
    [2 ** 52, '4096 TiB'],
  ];
  for (const [bytes, words] of sizes) t.is(bytesInWords(bytes), words);
});
