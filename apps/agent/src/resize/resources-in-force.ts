import type { Container, ContainerResizePolicy, ResourceRequirements } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { cpuQuotaOf, cpuSharesOf } from '../pod/resources.ts';
import type { ContainerResources } from '../runtime/container-runtime.ts';

/** The settings of a container that can be changed while it runs. */
export type ResourcesInForce = Pick<
  ContainerResources,
  'memoryBytes' | 'memoryReservationBytes' | 'cpuShares' | 'cpuQuota'
>;

/** The part of a container's settings that can be changed. */
export function resourcesInForce(resources: ResourcesInForce): ResourcesInForce {
  const { memoryBytes, memoryReservationBytes, cpuShares, cpuQuota } = resources;
  return {
    cpuShares,
    ...(memoryBytes ? { memoryBytes } : {}),
    ...(memoryReservationBytes ? { memoryReservationBytes } : {}),
    ...(cpuQuota ? { cpuQuota } : {}),
  };
}

/** Whether cpu, or memory, settings differ. */
export function differencesOf(
  a: ResourcesInForce,
  b: ResourcesInForce,
): { readonly cpu: boolean; readonly memory: boolean } {
  return {
    cpu: a.cpuShares !== b.cpuShares || a.cpuQuota !== b.cpuQuota,
    memory: a.memoryBytes !== b.memoryBytes || a.memoryReservationBytes !== b.memoryReservationBytes,
  };
}

/** Whether the container wants to be restarted for such a change. */
export function needsRestart(
  policies: readonly ContainerResizePolicy[] = [],
  differences: { readonly cpu: boolean; readonly memory: boolean },
): boolean {
  return policies.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && (resourceName === 'cpu' ? differences.cpu : differences.memory),
  );
}

/**
 * Requests and limits as a status shows them: what is in force, in the words of what was granted where that comes to the
 * same. Requests of memory have no setting of their own. Pure.
 */
export function shownResources(
  container: Container,
  granted: ResourceRequirements,
  inForce: ResourcesInForce,
): ResourceRequirements {
  const { requests = {}, limits = {} } = granted;
  const { cpu: _cpu, memory: _memory, ...otherLimits } = container.resources?.limits ?? {};
  const { cpu: _request, memory: _reserved, ...otherRequests } = container.resources?.requests ?? {};
  const shown = {
    requests: { ...otherRequests, ...cpuRequest(requests, inForce), ...pick(requests, 'memory') },
    limits: { ...otherLimits, ...cpuLimit(limits, inForce), ...memoryLimit(limits, inForce) },
  };
  return {
    ...(Object.keys(shown.limits).length > 0 ? { limits: shown.limits } : {}),
    ...(Object.keys(shown.requests).length > 0 ? { requests: shown.requests } : {}),
  };
}

type Amounts = Readonly<Record<string, string>>;

function pick(list: Amounts, name: string): Record<string, string> {
  const value = list[name];
  return value === undefined ? {} : { [name]: value };
}

function cpuRequest(requests: Amounts, { cpuShares }: ResourcesInForce): Record<string, string> {
  if (requests.cpu === undefined) return {};
  if (cpuSharesOf(parseCpuMilli(requests.cpu)) === cpuShares) return { cpu: requests.cpu };
  return { cpu: `${Math.ceil((cpuShares * 1000) / 1024)}m` };
}

function cpuLimit(limits: Amounts, { cpuQuota }: ResourcesInForce): Record<string, string> {
  if (cpuQuota === undefined) return {};
  if (limits.cpu !== undefined && cpuQuotaOf(parseCpuMilli(limits.cpu)) === cpuQuota) return { cpu: limits.cpu };
  return { cpu: `${Math.round(cpuQuota / 100)}m` };
}

function memoryLimit(limits: Amounts, { memoryBytes }: ResourcesInForce): Record<string, string> {
  if (memoryBytes === undefined) return {};
  if (limits.memory !== undefined && parseBytes(limits.memory) === memoryBytes) return { memory: limits.memory };
  return { memory: formatBytes(memoryBytes) };
}

/** As Kubernetes writes quantities: the largest binary unit that divides it. */
function formatBytes(bytes: number): string {
  const units = ['Ki', 'Mi', 'Gi', 'Ti'];
  let [value, unit] = [bytes, ''];
  for (const next of units) {
    if (value % 1024 !== 0) break;
    [value, unit] = [value / 1024, next];
  }
  return `${value}${unit}`;
}
