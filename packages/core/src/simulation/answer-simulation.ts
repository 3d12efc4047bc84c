import type { SimulationSpec, SimulationStatus } from '@gantry/api-types';
import { simulate } from './simulate.ts';
import type { SimulationSource } from './source.ts';

/** The whole answer to a simulation's question. Yields where other work may have its turn. */
export function* answerSimulation(
  source: SimulationSource,
  spec: SimulationSpec,
): Generator<void, Omit<SimulationStatus, 'durationMs'>> {
  const { status } = yield* simulate(source, spec);
  return status;
}
