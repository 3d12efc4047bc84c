import {
  type FixPatch,
  keyOf,
  type NodeVerdict,
  type Pod,
  type SimulatedWait,
  type SimulationChange,
  type SimulationFix,
  type SimulationSpec,
} from '@gantry/api-types';
import type { PodInfo } from '../../scheduler/pod-info.ts';
import type { SimulationRun } from '../simulate.ts';
import type { SimulationSource } from '../source.ts';

/** Pods that wait, and what is known about them: what fixes are looked for. */
export interface FixContext {
  readonly source: SimulationSource;
  readonly spec: SimulationSpec;
  readonly run: SimulationRun;
  readonly wait: SimulatedWait;
  readonly pod: Pod;
  readonly info: PodInfo;
  /** Of every node, nearest miss first. */
  readonly verdicts: readonly NodeVerdict[];
}

/** Something that might help; it is offered once a simulation has shown that it does. */
export interface FixCandidate extends Pick<SimulationFix, 'type' | 'changes' | 'command'> {
  readonly patch?: FixPatch;
  /** The beginning of the fix's text: `lower the cpu request to 320m`. */
  readonly action: string;
}

/** What came of simulating a candidate. */
export interface Trial {
  /** How many of the waiting pods fit now. */
  readonly fits: number;
  readonly nodeNames: readonly string[];
  /** Other pods that wait and did not before. */
  readonly newlyWaiting: number;
}

/** Simulates changes on top of those asked about. */
export type TryChanges = (changes: readonly SimulationChange[]) => Generator<void, Trial>;

/** Whether the pod or its workload is what the context is about. */
export function isSubject({ wait, pod }: FixContext, other: Pick<SimulatedWait, 'workload' | 'pods'>): boolean {
  if (!wait.workload) return other.pods.includes(keyOf(pod));
  const { workload } = other;
  return (
    workload !== undefined &&
    workload.kind === wait.workload.kind &&
    workload.name === wait.workload.name &&
    workload.namespace === wait.workload.namespace
  );
}

/** The target of changes to the template, or to the one pod that has none. */
export function targetOf({ wait, pod }: FixContext) {
  return wait.workload ? { workload: wait.workload } : { pod: keyOf(pod) };
}
