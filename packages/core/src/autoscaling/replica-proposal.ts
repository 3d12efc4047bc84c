import { MetricError } from './metric-error.ts';
import type { PodGroups } from './pod-groups.ts';
import { ceilReplicas, isWithinTolerance, type Tolerances } from './tolerances.ts';

/** What one metric asks for. */
export interface ReplicaProposal {
  readonly replicas: number;
  /** The mean over the pods that count in full, thousandths, whole. */
  readonly averageMilli: number;
  /** Per cent of what is requested, whole, for targets that are one. */
  readonly utilization?: number;
}

export interface PodProposalInput {
  readonly groups: PodGroups;
  /** `spec.replicas` of the target. */
  readonly currentReplicas: number;
  readonly tolerances: Tolerances;
}

type Values = ReadonlyMap<string, number>;

/** Replicas for a target in per cent of the pods' requests (thousandths by uid). */
export function proposeByUtilization(
  input: PodProposalInput,
  requests: Values,
  targetUtilization: number,
): ReplicaProposal {
  const first = utilizationOf(input.groups.measured, requests);
  // A target above 100 % would make a missing pod that uses all of its request look idle.
  const full = Math.max(100, targetUtilization);
  const replicas = propose(input, {
    ratioOf: (values) => utilizationOf(values, requests).utilization / targetUtilization,
    fullValue: (uid) => Math.trunc(((requests.get(uid) ?? 0) * full) / 100),
  });
  return { replicas, ...first };
}

/** Replicas for a target of so many thousandths a pod. */
export function proposeByAverage(input: PodProposalInput, targetMilli: number): ReplicaProposal {
  const averageMilli = averageOf(input.groups.measured);
  const replicas = propose(input, {
    ratioOf: (values) => averageOf(values) / targetMilli,
    fullValue: () => targetMilli,
  });
  return { replicas, averageMilli };
}

interface Measure {
  /** Measured against wanted, for these pods. */
  readonly ratioOf: (values: Values) => number;
  /** What a pod is assumed to use that must not be the reason to remove any. */
  readonly fullValue: (uid: string) => number;
}

/**
 * The ratio of the measured pods gives the direction. Pods that were not measured then count on the other side: as fully
 * used where fewer are asked for, as idle where more are. So they dampen a change and never cause one.
 */
function propose({ groups, currentReplicas, tolerances }: PodProposalInput, measure: Measure): number {
  const { measured, unready, missing } = groups;
  if (measured.size === 0) throw new MetricError('did not receive metrics for any ready pods');
  const ratio = measure.ratioOf(measured);
  const countsUnready = unready.length > 0 && ratio > 1;
  if (!countsUnready && missing.length === 0) {
    return isWithinTolerance(ratio, tolerances) ? currentReplicas : ceilReplicas(ratio * measured.size);
  }
  const values = new Map(measured);
  if (ratio < 1) for (const uid of missing) values.set(uid, measure.fullValue(uid));
  if (ratio > 1) for (const uid of missing) values.set(uid, 0);
  if (countsUnready) for (const uid of unready) values.set(uid, 0);
  const damped = measure.ratioOf(values);
  const turnsAround = (ratio < 1 && damped > 1) || (ratio > 1 && damped < 1);
  if (isWithinTolerance(damped, tolerances) || turnsAround) return currentReplicas;
  const replicas = ceilReplicas(damped * values.size);
  const isAgainstRatio = (damped < 1 && replicas > currentReplicas) || (damped > 1 && replicas < currentReplicas);
  return isAgainstRatio ? currentReplicas : replicas;
}

function utilizationOf(values: Values, requests: Values): { utilization: number; averageMilli: number } {
  let used = 0;
  let requested = 0;
  for (const [uid, milli] of values) {
    used += milli;
    requested += requests.get(uid) ?? 0;
  }
  if (values.size > 0 && requested === 0) throw new MetricError('no metrics returned matched known pods');
  return {
    utilization: Math.trunc((used * 100) / Math.max(1, requested)),
    averageMilli: Math.trunc(used / Math.max(1, values.size)),
  };
}

function averageOf(values: Values): number {
  let sum = 0;
  for (const milli of values.values()) sum += milli;
  return Math.trunc(sum / Math.max(1, values.size));
}

export interface WholeProposalInput {
  /** The metric of the whole, thousandths. */
  readonly valueMilli: number;
  readonly targetMilli: number;
  readonly tolerances: Tolerances;
}

/** Replicas for a target of a metric as a whole: the ready pods times how far it is from its target. */
export function proposeByValue(
  { valueMilli, targetMilli, tolerances }: WholeProposalInput,
  pods: { readonly currentReplicas: number; readonly count: number; readonly readyCount: number },
): number {
  const ratio = valueMilli / targetMilli;
  if (isWithinTolerance(ratio, tolerances)) return pods.currentReplicas;
  if (pods.count === 0) {
    throw new MetricError(
      'unable to calculate ready pods: no pods returned by selector while calculating replica count',
    );
  }
  return ceilReplicas(ratio * pods.readyCount);
}

/** Replicas for a target of a metric shared evenly among `statusReplicas` pods. */
export function proposeByShare(
  { valueMilli, targetMilli, tolerances }: WholeProposalInput,
  statusReplicas: number,
): ReplicaProposal {
  const wanted = ceilReplicas(valueMilli / targetMilli);
  if (statusReplicas === 0) return { replicas: wanted, averageMilli: valueMilli };
  const ratio = valueMilli / (targetMilli * statusReplicas);
  return {
    replicas: isWithinTolerance(ratio, tolerances) ? statusReplicas : wanted,
    averageMilli: Math.ceil(valueMilli / statusReplicas),
  };
}
