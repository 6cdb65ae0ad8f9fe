import type {BenchmarkName} from '../benchmarks.js';
import {loadBenchmark} from './child.js';

const [benchmark, name, args] = process.argv.slice(2) as [BenchmarkName, string, string];
const {tasks} = await loadBenchmark(benchmark);
const value = await tasks[name]!(JSON.parse(args));
process.send!({value});
process.disconnect();
