import { ApiError, type Simulation, type SimulationSpec, type SimulationStatus } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import { answerSimulation } from '@gantry/core/simulation/answer-simulation';
import { parseSimulationSpec } from '@gantry/core/simulation/parse-spec';
import type { SimulationSource } from '@gantry/core/simulation/source';
import type { Review } from '../api/reviews.ts';
import { runInTurns } from './turns.ts';

export interface QuestionOptions {
  /** Asked for each time; undefined while the controller starts. */
  readonly source: () => SimulationSource | undefined;
  readonly clock: Clock;
}

/** Each holds a copy of the cluster's state. */
const maxAtOnce = 8;

/** What Gantry's own questions have in common: created, answered and not stored. */
export const questionDefaults = {
  group: 'gantry.io',
  version: 'v1',
  isNamespaced: false,
  verbs: ['create'],
  shortNames: [],
  categories: [],
  subresources: [],
  isRestricted: true,
  isPlain: true,
} as const;

/** `POST /apis/gantry.io/v1/simulations`. */
export function simulationQuestion(options: QuestionOptions): Review {
  let underWay = 0;
  return {
    ...questionDefaults,
    kind: 'Simulation',
    plural: 'simulations',
    singular: 'simulation',
    async answer(_asked, request): Promise<Simulation> {
      const { spec } = request as unknown as { spec?: unknown };
      const parsed = parseSimulationSpec(spec);
      const source = sourceOf(options);
      if (underWay >= maxAtOnce) {
        throw new ApiError('TooManyRequests', `${maxAtOnce} simulations are under way: ask again in a second`, {
          retryAfterSeconds: 1,
        });
      }
      underWay++;
      try {
        return {
          apiVersion: 'gantry.io/v1',
          kind: 'Simulation',
          spec: parsed,
          status: await run(source, parsed, options),
        };
      } finally {
        underWay--;
      }
    },
  };
}

/** Throws `ApiError` ServiceUnavailable while the scheduler has not begun. */
export function sourceOf({ source }: QuestionOptions): SimulationSource {
  const present = source();
  if (!present) throw new ApiError('ServiceUnavailable', 'the scheduler has not started yet: ask again in a second');
  return present;
}

async function run(
  source: SimulationSource,
  spec: SimulationSpec,
  { clock }: QuestionOptions,
): Promise<SimulationStatus> {
  const { result, durationMs } = await runInTurns(answerSimulation(source, spec), { clock });
  return { ...result, durationMs };
}
