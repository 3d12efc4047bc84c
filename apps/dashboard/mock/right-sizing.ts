import type { KubernetesObject, Pod } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { Recommendation } from '@gantry/api-types/right-sizing';
import { parseRecommendationSpec } from '@gantry/core/autoscaling/parse-recommendation';
import { type PodHistory, recommend } from '@gantry/core/autoscaling/recommend';
import { runToEnd } from '@gantry/core/simulation/simulate';
import type { MockFleet } from './fleet.ts';
import type { MockObjects, MockTarget } from './mock-objects.ts';
import { sampleUsage } from './placement.ts';
import { sourceOf } from './simulations.ts';

const steps = 60;
const stepMs = 30_000;

/** What the make-believe workloads should request, by the very rules of the real cluster. */
export function answerRecommendation(objects: MockObjects, fleet: MockFleet, body: unknown): object {
  const asked = body as Recommendation;
  const spec = parseRecommendationSpec(asked.spec);
  const status = runToEnd(recommend(sourceOf(objects), (pod) => historyOf(fleet, pod), spec));
  return { ...asked, status };
}

/** As if the pod had run for half an hour. */
function historyOf(fleet: MockFleet, { metadata, spec }: Pod): PodHistory | undefined {
  const pod = fleet.pods.get(`${metadata.namespace}/${metadata.name}`);
  if (pod?.phase !== 'Running') return undefined;
  const samples = Array.from({ length: steps }, (_, step) => sampleUsage([pod], fleet.now - step * stepMs));
  const even = 1 / spec.containers.length;
  return {
    cpuMilli: samples.map(({ cpuMilli }) => cpuMilli),
    memoryBytes: samples.map(({ memoryBytes }) => memoryBytes),
    samples: steps,
    spanSeconds: (steps * stepMs) / 1000,
    shares: new Map(spec.containers.map(({ name }) => [name, { cpu: even, memory: even }])),
  };
}

/** PATCH of pods/resize: the fleet's pod requests what the object says from now on. */
export function resizePod(fleet: MockFleet, { namespace, name }: MockTarget, patched: unknown): KubernetesObject {
  const pod = fleet.pods.get(`${namespace}/${name}`);
  const object = patched as Pod;
  if (pod) {
    const of = (which: 'cpu' | 'memory'): string[] =>
      object.spec.containers.map(({ resources }) => resources?.requests?.[which] ?? '0');
    const cpuMilli = of('cpu').reduce((sum, text) => sum + parseCpuMilli(text), 0);
    const memoryBytes = of('memory').reduce((sum, text) => sum + parseBytes(text), 0);
    fleet.setPod({ ...pod, requests: { cpuMilli, memoryBytes } });
  }
  return object as unknown as KubernetesObject;
}
