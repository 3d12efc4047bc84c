/** `npm run bench`: makes sure of what the benchmarks need, then runs them; its arguments name the parts. */
import { ensureTestTools } from './test-tools.ts';

await ensureTestTools(['docker', 'e2e', 'browser', 'bench']);
await import('../bench/src/main.ts');
