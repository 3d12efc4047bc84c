import type { Pod } from '@gantry/api-types';
import { formatBytes, parseBytes, quantityProblem } from '@gantry/api-types/quantity';
import { parsePodRequests } from '../scheduler/pod-requests.ts';

const prefix = 'hugepages-';

/** The resource of pages of that size: `hugepages-2Mi`. */
export function hugePageResource(pageBytes: number): string {
  return `${prefix}${formatBytes(pageBytes)}`;
}

/** What a pod asks for of huge pages, in bytes by page size. Requests and limits of them are always the same. Pure. */
export function hugePagesOf({ spec }: Pick<Pod, 'spec'>): ReadonlyMap<number, number> {
  const wanted = new Map<number, number>();
  for (const [name, bytes] of parsePodRequests(spec).requests.scalars) {
    const size = name.slice(prefix.length);
    if (name.startsWith(prefix) && quantityProblem(size) === undefined) wanted.set(parseBytes(size), bytes);
  }
  return wanted;
}
