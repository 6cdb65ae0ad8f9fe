// Deposits an appointment with a tower: node deposit.mjs ID@HOST:PORT KEY_FILE DISPUTE_TXID PENALTY_TX
import {Buffer} from 'node:buffer';
import {readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {SigningKey, TowerClient, towerErrorCodes} from 'bartizan/client';

const [tower, keyFile, disputeTxid, penaltyTx] = process.argv.slice(2);
const key = new SigningKey(Buffer.from((await readFile(keyFile, 'utf8')).trim(), 'hex'));
const client = new TowerClient({tower, key, stateDir: 'receipts'});

const receipt = await deposit({disputeTxid, penaltyTx: Buffer.from(penaltyTx, 'hex')});
console.log(`${receipt.locator} is watched from block ${receipt.startBlock}, ${receipt.availableSlots} slots left`);

// Code 7: not registered, expired, or no slots left. A registration cures all three.
async function deposit(appointment) {
  try {
    return await persistently(() => client.addAppointment(appointment));
  } catch (error) {
    if (error.errorCode !== towerErrorCodes.authenticationOrSubscription) throw error;
    await persistently(() => client.register());
    return persistently(() => client.addAppointment(appointment));
  }
}

// Tries again while that may help: the tower is away, is busy, or asks for a pause.
async function persistently(call, attempts = 8) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!error.retryable || attempt === attempts) throw error;
      const seconds = error.retryAfterSeconds ?? Math.min(2 ** attempt, 60) * Math.random();
      await delay(seconds * 1000);
    }
  }
}
