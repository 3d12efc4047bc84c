import type { Container, PodSpec } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import {
  addAmounts,
  copyAmounts,
  type MutableAmounts,
  type ResourceAmounts,
  raiseAmounts,
  zeroAmounts,
} from './resource-amounts.ts';

/** What Kubernetes assumes for scoring where a container declares no cpu or memory request. */
const assumedMilliCpu = 100;
const assumedMemoryBytes = 200 * 1024 * 1024;

/** What a pod takes from a node: `requests` decide whether it fits, `assumed` (never zero) how loaded a node looks. */
export interface PodRequests {
  readonly requests: ResourceAmounts;
  readonly assumed: { readonly milliCpu: number; readonly memoryBytes: number };
}

/**
 * A pod's requests as Kubernetes sums them: containers and restartable init containers (sidecars) run together, an
 * ordinary init container runs with the sidecars started before it, pod-level requests replace the sum, overhead comes
 * on top. Throws where a quantity cannot be parsed.
 */
export function parsePodRequests(spec: PodSpec): PodRequests {
  const assumed = aggregate(spec, (container) => withAssumed(parseAmounts(container.resources?.requests)));
  const requests = aggregate(spec, (container) => parseAmounts(container.resources?.requests));
  return { requests, assumed: { milliCpu: assumed.milliCpu, memoryBytes: assumed.memoryBytes } };
}

/** Parses a Kubernetes resource list; `pods` is left out (the node's pod count is not a request). */
export function parseAmounts(list: Readonly<Record<string, string>> | undefined): MutableAmounts {
  const amounts = zeroAmounts();
  for (const [name, quantity] of Object.entries(list ?? {})) {
    if (name === 'cpu') amounts.milliCpu = parseCpuMilli(quantity);
    else if (name === 'memory') amounts.memoryBytes = parseBytes(quantity);
    else if (name === 'ephemeral-storage') amounts.ephemeralStorageBytes = parseBytes(quantity);
    else if (name !== 'pods') {
      const amount = parseBytes(quantity);
      if (amount !== 0) amounts.scalars.set(name, amount);
    }
  }
  return amounts;
}

function aggregate(spec: PodSpec, amountsOf: (container: Container) => ResourceAmounts): MutableAmounts {
  const total = zeroAmounts();
  for (const container of spec.containers) addAmounts(total, amountsOf(container), 1);
  const sidecars = zeroAmounts();
  const initPeak = zeroAmounts();
  for (const container of spec.initContainers ?? []) {
    const amounts = amountsOf(container);
    if (container.restartPolicy === 'Always') {
      addAmounts(total, amounts, 1);
      addAmounts(sidecars, amounts, 1);
      raiseAmounts(initPeak, sidecars);
    } else {
      const running = copyAmounts(sidecars);
      addAmounts(running, amounts, 1);
      raiseAmounts(initPeak, running);
    }
  }
  raiseAmounts(total, initPeak);
  replaceByPodLevel(total, spec.resources?.requests);
  addAmounts(total, parseAmounts(spec.overhead), 1);
  return total;
}

function replaceByPodLevel(total: MutableAmounts, podLevel: Readonly<Record<string, string>> | undefined): void {
  if (!podLevel) return;
  const amounts = parseAmounts(podLevel);
  if (podLevel.cpu !== undefined) total.milliCpu = amounts.milliCpu;
  if (podLevel.memory !== undefined) total.memoryBytes = amounts.memoryBytes;
  for (const [name, amount] of amounts.scalars) total.scalars.set(name, amount);
}

function withAssumed(amounts: MutableAmounts): ResourceAmounts {
  if (amounts.milliCpu === 0) amounts.milliCpu = assumedMilliCpu;
  if (amounts.memoryBytes === 0) amounts.memoryBytes = assumedMemoryBytes;
  return amounts;
}
