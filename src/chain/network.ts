export type Network = 'bitcoin' | 'testnet' | 'testnet4' | 'signet' | 'regtest';

/** Hash of the regtest genesis block, display order. Source: Bitcoin Core's chain parameters. */
export const regtestGenesis = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';
