import type { Container, ContainerRecommendation } from '@gantry/api-types';
import { formatBytes, formatCpuMilli, parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';

/** A container of a strategic merge patch. */
export interface ResizedContainer {
  readonly name: string;
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}

const resources = ['cpu', 'memory'] as const;

/**
 * The containers whose requests change, as a patch has them. A request stays below its limit; where both are equal the
 * limit follows, so that the class of service stays. What else is to know goes into `notes`.
 */
export function resizedContainers(
  present: readonly Container[],
  recommended: readonly ContainerRecommendation[],
  notes: string[],
): readonly ResizedContainer[] {
  return recommended.flatMap((sized) => {
    const container = present.find(({ name }) => name === sized.name);
    if (!container) return [];
    const requests: Record<string, string> = {};
    const limits: Record<string, string> = {};
    for (const resource of resources) sizeOne(container, resource, sized, { requests, limits, notes });
    if (Object.keys(requests).length === 0) return [];
    const hasLimits = Object.keys(limits).length > 0;
    return [{ name: sized.name, resources: { requests, ...(hasLimits ? { limits } : {}) } }];
  });
}

interface Sizes {
  readonly requests: Record<string, string>;
  readonly limits: Record<string, string>;
  readonly notes: string[];
}

function sizeOne(
  { name, resources: declared, resizePolicy }: Container,
  resource: 'cpu' | 'memory',
  sized: ContainerRecommendation,
  { requests, limits, notes }: Sizes,
): void {
  const parse = resource === 'cpu' ? parseCpuMilli : parseBytes;
  const format = resource === 'cpu' ? formatCpuMilli : formatBytes;
  const limitText = declared?.limits?.[resource];
  const limit = limitText === undefined ? undefined : parse(limitText);
  const requestText = declared?.requests?.[resource] ?? limitText;
  const before = requestText === undefined ? undefined : parse(requestText);
  const wanted = resource === 'cpu' ? sized.recommended.cpuMilli : sized.recommended.memoryBytes;
  const isTied = limit !== undefined && before === limit;
  const amount = limit !== undefined && !isTied && wanted > limit ? limit : wanted;
  if (amount !== wanted)
    notes.push(`container ${name} would need more ${resource} than its limit of ${limitText}: raise the limit`);
  if (amount === before) return;
  requests[resource] = format(amount);
  if (isTied) {
    limits[resource] = format(amount);
    notes.push(`the ${resource} limit of container ${name} follows its request, as they are equal now`);
  }
  const policy = resizePolicy?.find(({ resourceName }) => resourceName === resource)?.restartPolicy;
  if (policy === 'RestartContainer')
    notes.push(`container ${name} restarts when its ${resource} changes: its resizePolicy says so`);
}
