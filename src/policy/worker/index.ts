export type {FunctionName} from './names.js';
export {functionNames} from './names.js';
export type {PolicyEvent} from './policy-events.js';
export {PolicyWorker, type PolicyWorkerOptions} from './policy-worker.js';
