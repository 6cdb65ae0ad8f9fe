import {parentPort, workerData} from 'node:worker_threads';
import {runPortion, type Work} from './pool.js';

parentPort!.on('message', (portion: number) => {
  void runPortion(workerData as Work, portion).then((reports) => parentPort!.postMessage(reports));
});
