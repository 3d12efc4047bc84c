import type { SimulationSpec, SimulationStatus } from '@gantry/api-types';
import { suggestFixes } from './fixes/suggest-fixes.ts';
import { simulate } from './simulate.ts';
import type { SimulationSource } from './source.ts';

/** The whole answer to a simulation's question. Yields where other work may have its turn. */
export function* answerSimulation(
  source: SimulationSource,
  spec: SimulationSpec,
): Generator<void, Omit<SimulationStatus, 'durationMs'>> {
  const run = yield* simulate(source, spec);
  if (!spec.suggest) return run.status;
  return { ...run.status, fixes: yield* suggestFixes(source, spec, run) };
}
