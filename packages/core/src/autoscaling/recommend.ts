import {
  type Container,
  type FixPatch,
  type Pod,
  qosClassOf,
  type RecommendationSpec,
  type RecommendationStatus,
  type WorkloadRecommendation,
} from '@gantry/api-types';
import { formatBytes, formatCpuMilli, parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { plainYaml } from '../lib/plain-yaml.ts';
import { isPodActive } from '../reconcile/pod-state.ts';
import type { SimulationSource } from '../simulation/source.ts';
import { referenceTo, templateOf, topWorkload, type WorkloadObject } from '../simulation/workload-objects.ts';
import { resizedContainers } from './resized-containers.ts';
import { defaultMargins, planRequests, type SizedWorkload, type WorkloadHistory } from './right-sizing.ts';

/** What a pod used, for right-sizing: one value a sample. */
export interface PodHistory {
  readonly cpuMilli: readonly number[];
  readonly memoryBytes: readonly number[];
  readonly samples: number;
  readonly spanSeconds: number;
  /** The share of the pod's cpu and memory that each container has, by name; adds up to 1. */
  readonly shares: ReadonlyMap<string, { readonly cpu: number; readonly memory: number }>;
}

/** Undefined where nothing was observed. */
export type ReadPodHistory = (pod: Pod) => PodHistory | undefined;

/** The recommendations for the workloads asked about. Pure; yields where other work may have its turn. */
export function* recommend(
  source: Pick<SimulationSource, 'lister'>,
  read: ReadPodHistory,
  spec: RecommendationSpec,
): Generator<void, RecommendationStatus> {
  const found: WorkloadRecommendation[] = [];
  for (const { workload, pods } of workloadsOf(source, spec)) {
    const histories = pods.flatMap((pod) => {
      const history = read(pod);
      return history ? [{ pod, history }] : [];
    });
    found.push(recommendFor(workload, histories, spec));
    yield;
  }
  found.sort((a, b) => weight(b) - weight(a) || (a.workload.name < b.workload.name ? -1 : 1));
  const frees = sum(found.map((each) => each.frees));
  return { summary: summarise(found, frees), workloads: found, frees };
}

interface RunningWorkload {
  readonly workload: WorkloadObject;
  readonly pods: readonly Pod[];
}

function workloadsOf(source: Pick<SimulationSource, 'lister'>, spec: RecommendationSpec): readonly RunningWorkload[] {
  const byUid = new Map<string, { workload: WorkloadObject; pods: Pod[] }>();
  const { workload: only, namespace = only ? (only.namespace ?? 'default') : undefined } = spec;
  for (const pod of source.lister('pods').list(namespace)) {
    if (!isPodActive(pod) || !pod.spec.nodeName) continue;
    const workload = topWorkload(source as SimulationSource, pod);
    if (!workload || (only && (only.kind !== workload.kind || only.name !== workload.metadata.name))) continue;
    const known = byUid.get(workload.metadata.uid);
    if (known) known.pods.push(pod);
    else byUid.set(workload.metadata.uid, { workload, pods: [pod] });
  }
  return [...byUid.values()];
}

function recommendFor(
  workload: WorkloadObject,
  observed: readonly { readonly pod: Pod; readonly history: PodHistory }[],
  spec: RecommendationSpec,
): WorkloadRecommendation {
  const { containers } = templateOf(workload).spec;
  const history = mergeHistories(containers, observed);
  const sized = planRequests(history, { ...defaultMargins, ...withoutUndefined(spec) });
  const notes: string[] = [];
  const resize = observed.flatMap(({ pod }) => resizePatch(pod, sized, notes));
  const frees = sum(
    sized.containers.map(({ present, recommended }) => ({
      cpuMilli: sized.confidence === 'none' ? 0 : (present.cpuMilli ?? 0) - recommended.cpuMilli,
      memoryBytes: sized.confidence === 'none' ? 0 : (present.memoryBytes ?? 0) - recommended.memoryBytes,
    })),
  );
  const template = templatePatch(workload, containers, sized);
  if (sized.confidence === 'none') notes.push(`${history.samples} samples are too few to say anything`);
  if (containers.length > 1) notes.push('usage is known per pod: it is divided by what each container uses now');
  if (template)
    notes.push(
      'resizing in place restarts nothing, but new replicas are made from the template, which has the old requests until it is patched',
    );
  return {
    workload: referenceTo(workload),
    pods: observed.length,
    samples: history.samples,
    spanSeconds: history.spanSeconds,
    ...sized,
    frees: { cpuMilli: frees.cpuMilli * observed.length, memoryBytes: frees.memoryBytes * observed.length },
    resize,
    ...(template ? { template } : {}),
    notes: [...new Set(notes)],
  };
}

function mergeHistories(
  containers: readonly Container[],
  observed: readonly { readonly pod: Pod; readonly history: PodHistory }[],
): WorkloadHistory {
  return {
    samples: Math.max(0, ...observed.map(({ history }) => history.samples)),
    spanSeconds: Math.max(0, ...observed.map(({ history }) => history.spanSeconds)),
    containers: containers.map(({ name, resources }) => {
      const even = 1 / containers.length;
      const of = (which: 'cpu' | 'memory', values: 'cpuMilli' | 'memoryBytes') =>
        observed.flatMap(({ history }) => {
          const share = history.shares.get(name)?.[which] ?? even;
          return history[values].map((value) => value * share);
        });
      // What runs may have been resized since it was made from the template.
      const running = observed[0]?.pod.spec.containers.find((container) => container.name === name);
      const { cpu, memory } = (running?.resources ?? resources)?.requests ?? {};
      const present = {
        ...(cpu === undefined ? {} : { cpuMilli: parseCpuMilli(cpu) }),
        ...(memory === undefined ? {} : { memoryBytes: parseBytes(memory) }),
      };
      return { name, cpuMilli: of('cpu', 'cpuMilli'), memoryBytes: of('memory', 'memoryBytes'), present };
    }),
  };
}

function resizePatch(pod: Pod, sized: SizedWorkload, notes: string[]): FixPatch[] {
  if (sized.confidence === 'none') return [];
  if ((pod.status.qosClass ?? qosClassOf(pod.spec)) === 'BestEffort') {
    notes.push('its pods request nothing: that class of service cannot be left in place, only by the template');
    return [];
  }
  const containers = resizedContainers(pod.spec.containers, sized.containers, notes);
  if (containers.length === 0) return [];
  const { name, namespace = 'default' } = pod.metadata;
  return [patchOf({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { spec: { containers } })];
}

function templatePatch(
  workload: WorkloadObject,
  present: readonly Container[],
  sized: SizedWorkload,
): FixPatch | undefined {
  const containers = resizedContainers(present, sized.containers, []);
  if (sized.confidence === 'none' || containers.length === 0) return undefined;
  const { apiVersion, kind, metadata } = workload;
  const { name, namespace = 'default' } = metadata;
  return patchOf({ apiVersion, kind, namespace, name }, { spec: { template: { spec: { containers } } } });
}

function patchOf(object: Pick<FixPatch, 'apiVersion' | 'kind' | 'namespace' | 'name'>, patch: object): FixPatch {
  return { ...object, contentType: 'application/strategic-merge-patch+json', patch, yaml: `${plainYaml(patch)}\n` };
}

function withoutUndefined({ cpuPercentile, cpuMargin, memoryMargin, minSamples }: RecommendationSpec) {
  return {
    ...(cpuPercentile === undefined ? {} : { cpuPercentile }),
    ...(cpuMargin === undefined ? {} : { cpuMargin }),
    ...(memoryMargin === undefined ? {} : { memoryMargin }),
    ...(minSamples === undefined ? {} : { minSamples }),
  };
}

/** Cpu and memory on one scale: as hosts have them, 4 GiB beside a core. */
function weight({ frees }: WorkloadRecommendation): number {
  return frees.cpuMilli / 1000 + frees.memoryBytes / 4 / 1024 ** 3;
}

function sum(amounts: readonly { readonly cpuMilli: number; readonly memoryBytes: number }[]) {
  return {
    cpuMilli: amounts.reduce((total, { cpuMilli }) => total + cpuMilli, 0),
    memoryBytes: amounts.reduce((total, { memoryBytes }) => total + memoryBytes, 0),
  };
}

function summarise(found: readonly WorkloadRecommendation[], frees: RecommendationStatus['frees']): string[] {
  const changed = found.filter(({ containers }) => containers.some(({ isChanged }) => isChanged));
  const unknown = found.filter(({ confidence }) => confidence === 'none').length;
  const words: string[] = [];
  if (changed.length === 0) words.push(`nothing to change in ${found.length - unknown} workloads`);
  else {
    const verb = (amount: number, text: string) =>
      amount === 0 ? [] : [amount < 0 ? `take ${text} more` : `free ${text}`];
    const cpu = verb(frees.cpuMilli, `${formatCpuMilli(Math.abs(frees.cpuMilli))} cpu`);
    const memory = verb(frees.memoryBytes, `${formatBytes(Math.abs(frees.memoryBytes))} memory`);
    const effect = [...cpu, ...memory].join(' and ') || 'take as much as now';
    words.push(`right-sizing ${changed.length} of ${found.length} workloads would ${effect}`);
  }
  if (unknown > 0) words.push(`${unknown} workloads were not observed for long enough`);
  return words;
}
