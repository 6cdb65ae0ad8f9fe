import type {Benchmark} from './harness/benchmark.js';

type Load = () => Promise<{default: Benchmark}>;

// Loaded one by one, so that none weighs on the memory of another.
export const benchmarks = {
  'empty-block': () => import('./empty-block.js'),
  open: () => import('./open.js'),
  deletion: () => import('./deletion.js'),
  simulation: () => import('./simulation.js'),
  'roll-back': () => import('./roll-back.js'),
  year: () => import('./year.js'),
  explore: () => import('./explore.js'),
  'catch-up': () => import('./catch-up.js'),
  notification: () => import('./notification.js'),
  registrations: () => import('./registrations.js'),
  'public-api': () => import('./public-api.js'),
  signatures: () => import('./signatures.js'),
  appointments: () => import('./appointments.js'),
  submissions: () => import('./submissions.js'),
  answers: () => import('./answers.js'),
  pending: () => import('./pending.js'),
  policy: () => import('./policy.js'),
} satisfies Record<string, Load>;

export type BenchmarkName = keyof typeof benchmarks;
