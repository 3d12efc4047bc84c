import type { Pod, Taint } from '@gantry/api-types';
import { tolerates } from '../reconcile/taints.ts';
import type { PressureCondition } from './signals.ts';

const criticalPriority = 2_000_000_000;
const memoryTaint: Taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/**
 * Why a node under pressure does not begin to run the pod, in the kubelet's words; undefined where it does: critical
 * pods always, and under nothing but memory pressure those that ask for resources or tolerate it. Pure.
 */
export function pressureRefusal(
  pod: Pod,
  pressures: readonly PressureCondition[],
  isBestEffort: boolean,
): string | undefined {
  if (pressures.length === 0 || (pod.spec.priority ?? 0) >= criticalPriority) return undefined;
  if (pressures.length === 1 && pressures[0] === 'MemoryPressure') {
    const isTolerated = pod.spec.tolerations?.some((toleration) => tolerates(toleration, memoryTaint)) ?? false;
    if (!isBestEffort || isTolerated) return undefined;
  }
  return `The node had condition: [${pressures.join(' ')}]. `;
}
