import {type Block, parseBlock} from './block.js';
import {serializeHeader} from './header.js';

/** The only transaction of every genesis block but testnet4's. Source: Bitcoin Core's chain parameters. */
export const genesisCoinbase =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d01044554686520' +
  '54696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f75' +
  '7420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0' +
  'ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

/** The whole genesis block of regtest. */
export function regtestGenesisBlock(): Block {
  const header = serializeHeader({
    version: 1,
    previous: '0'.repeat(64),
    merkleRoot: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
    time: 1_296_688_602,
    bits: 0x207fffff,
    nonce: 2,
  });
  return parseBlock(Buffer.concat([header, Buffer.from(`01${genesisCoinbase}`, 'hex')]));
}
