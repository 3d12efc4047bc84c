import { ApiError, type KubernetesObject, type Simulation } from '@gantry/api-types';
import { kinds } from '@gantry/api-types/kinds';
import type { RebalancePlan } from '@gantry/api-types/rebalancing';
import { planRebalance } from '@gantry/core/rebalance/plan-rebalance';
import { answerSimulation as answerQuestion } from '@gantry/core/simulation/answer-simulation';
import { runToEnd } from '@gantry/core/simulation/simulate';
import { makeSimulationSource } from '@gantry/core/testing';
import type { MockObjects } from './mock-objects.ts';

const simulated = [
  'nodes',
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'jobs',
  'poddisruptionbudgets',
];

/** A what-if on the make-believe cluster, answered by the very simulation and scheduler of the real one. */
export function answerSimulation(objects: MockObjects, body: unknown): object {
  const asked = body as Simulation;
  if (!asked?.spec) throw new ApiError('BadRequest', 'a Simulation needs a spec');
  const startedAt = performance.now();
  const source = sourceOf(objects);
  const status = runToEnd(answerQuestion(source, asked.spec));
  return { ...asked, status: { ...status, durationMs: performance.now() - startedAt } };
}

/** Which pods a rebalance would move, by the very planner of the real cluster. */
export function answerRebalancePlan(objects: MockObjects, body: unknown): object {
  const asked = body as RebalancePlan;
  return { ...asked, status: runToEnd(planRebalance(sourceOf(objects), asked.spec ?? {})) };
}

/** The objects as simulations read them. */
export function sourceOf(objects: MockObjects): ReturnType<typeof makeSimulationSource> {
  return makeSimulationSource(simulated.flatMap((plural) => listWithDefaults(objects, plural)));
}

function listWithDefaults(objects: MockObjects, plural: string): KubernetesObject[] {
  const definition = kinds.find((kind) => kind.plural === plural);
  if (!definition) throw new Error(`no kind has the plural ${plural}`);
  return objects.list({ definition }).map((listed) => {
    const object = structuredClone(listed);
    definition.setDefaults(object);
    return object;
  });
}
