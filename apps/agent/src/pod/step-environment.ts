import type { Container, Pod, StartPhaseName } from '@gantry/api-types';
import type { PodEvent } from '../node-api.ts';
import type { PodFacts } from './field-values.ts';
import { findContainer } from './pod-containers.ts';
import type { PodContext } from './pod-context.ts';
import type { ContainerTrack, PodState } from './pod-state.ts';
import { containerFieldPath } from './text.ts';

/** What a step needs of the worker whose pod it advances. */
export interface StepWorker {
  readonly uid: string;
  readonly state: PodState;
  /** The time by which all containers must have stopped; undefined while the pod is wanted. */
  readonly deadline: number | undefined;
  /** Plan again. */
  kick(): void;
  /** Inspect this container, then plan again. */
  suspect(containerId: string): void;
}

export interface StepEnvironment {
  readonly context: PodContext;
  readonly worker: StepWorker;
  readonly pod: Pod;
}

/** Facts for the downward API. */
export function factsOf({ context, worker, pod }: StepEnvironment): PodFacts {
  return {
    pod,
    nodeName: context.identity.node,
    podIp: worker.state.ip ?? '',
    hostIp: context.hostIp,
    allocatable: context.allocatable,
  };
}

/** Does a part of the pod's first start, whose duration is kept; that of a restart is not. */
export function measured<T>(
  { context, worker }: StepEnvironment,
  part: {
    readonly phase: StartPhaseName;
    readonly track?: ContainerTrack;
    /** The number of the attempt; 0 for what is done for the pod. */
    readonly attempt: number;
  },
  work: () => Promise<T>,
): Promise<T> {
  const { phase, track, attempt } = part;
  if (attempt > 0) return work();
  return context.phases.measure(worker.uid, { phase, ...(track ? { container: track.name } : {}) }, work);
}

/** An event about one container of the pod. */
export function recordContainerEvent(
  { context, pod }: StepEnvironment,
  track: ContainerTrack,
  event: Pick<PodEvent, 'type' | 'reason' | 'message'>,
): void {
  context.api.recordEvent({ pod, ...event, fieldPath: containerFieldPath(track.name, track.kind) });
}

/** The container's part of the spec. */
export function containerOf(pod: Pod, track: ContainerTrack): Container {
  const container = findContainer(pod, track.name)?.container;
  if (!container) throw new Error(`the pod ${pod.metadata.name} has no container ${track.name}`);
  return container;
}
