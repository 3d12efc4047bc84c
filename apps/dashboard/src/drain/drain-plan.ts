import type { Pod, PodDisruptionBudget } from '@gantry/api-types';
import { findDrainBlockers, isLeftByDrain } from '@gantry/core/reconcile/drain-blockers';
import { count } from '../format.ts';

/** What the operator accepts, as `kubectl drain` has it in flags. */
export interface DrainChoices {
  /** `--force`: pods that nobody makes anew are gone for good. */
  readonly takesBarePods: boolean;
  /** `--delete-emptydir-data` */
  readonly takesLocalData: boolean;
}

export interface DrainPod {
  /** `namespace/name` */
  readonly key: string;
  readonly uid: string;
}

export interface DrainPlan {
  /** Evicted by the drain; those whose budget says no for now are asked for again and again. */
  readonly evicted: readonly DrainPod[];
  /** Of these the ones that a budget holds now, and those that are not touched: why, in words. */
  readonly held: ReadonlyMap<string, string>;
  readonly untouched: ReadonlyMap<string, string>;
  /** Daemon pods, ended ones, and those on their way already. */
  readonly left: number;
  /** How many a choice is about. */
  readonly barePods: number;
  readonly localDataPods: number;
}

export interface DrainFacts {
  /** The pods bound to the node. */
  readonly pods: readonly Pod[];
  readonly budgets: readonly PodDisruptionBudget[];
}

/** What a drain would do now. Pure. */
export function planDrain({ pods, budgets }: DrainFacts, choices: DrainChoices): DrainPlan {
  const blockers = findDrainBlockers({ pods, budgets });
  const ofReason = (reason: string): Map<string, string> =>
    new Map(blockers.filter((b) => b.reason === reason).map((b) => [b.pod, b.message]));
  const bare = ofReason('NoController');
  const local = ofReason('LocalData');
  const held = new Map([...ofReason('ManyBudgets'), ...ofReason('DisruptionBudget')]);
  const untouched = new Map([...(choices.takesBarePods ? [] : bare), ...(choices.takesLocalData ? [] : local)]);
  const movable = pods.filter((pod) => !isLeftByDrain(pod)).map(drainPod);
  return {
    evicted: movable.filter(({ key }) => !untouched.has(key)),
    held: new Map([...held].filter(([key]) => !untouched.has(key))),
    untouched,
    left: pods.length - movable.length,
    barePods: bare.size,
    localDataPods: local.size,
  };
}

/** `Drains 11 pods, 1 will not move.` */
export function drainEffect(plan: DrainPlan): string {
  const stuck = plan.held.size + plan.untouched.size;
  const drained = plan.evicted.length + plan.untouched.size;
  if (drained === 0) return 'Drains no pod: none is in the way.';
  return `Drains ${count(drained, 'pod')}, ${stuck === 0 ? 'all will move' : `${stuck} will not move`}.`;
}

function drainPod({ metadata }: Pod): DrainPod {
  return { key: `${metadata.namespace}/${metadata.name}`, uid: metadata.uid };
}
