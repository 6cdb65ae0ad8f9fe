// The thread for signatures begins here. See SignatureThread for the other side.
import {parentPort, workerData} from 'node:worker_threads';
import {curve} from '../../crypto/curve.js';
import {loadKey} from '../../tower/key-file.js';
import {type Job, packResults, unpackJobs} from './job.js';

export interface ThreadData {
  readonly keyPath: string;
  /** The key that the file must hold. */
  readonly publicKey: string;
}

const {keyPath, publicKey} = workerData as ThreadData;
const key = await loadKey(keyPath, {create: false});
if (key.publicKey !== publicKey) throw new Error(`${keyPath} holds another key than when the tower was opened`);

const done = ({digest, recoverable}: Job): Uint8Array | undefined =>
  recoverable === undefined ? key.signDigest(digest) : curve.recover(recoverable, digest);

parentPort!.on('message', (jobs: Uint8Array | null) => {
  if (jobs === null) return parentPort!.close();
  const results = packResults(unpackJobs(jobs).map(done));
  parentPort!.postMessage(results, [results.buffer]);
});
