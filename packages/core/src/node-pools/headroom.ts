import { type NodePool, parseBytes, parseCpuMilli } from '@gantry/api-types';
import { countKept } from './plan-hosts.ts';

/** How many more hosts the pool may have, by its maximum and its limits, and which of the two it is. */
export function headroomOf({ spec, status }: NodePool): { readonly hosts: number; readonly bound: string } {
  const kept = countKept(status.hosts ?? []);
  let hosts = spec.maxNodes - kept;
  let bound = `spec.maxNodes is ${spec.maxNodes}`;
  for (const [name, parse] of [
    ['cpu', parseCpuMilli],
    ['memory', parseBytes],
  ] as const) {
    const limit = spec.limits?.[name];
    if (limit === undefined) continue;
    const most = Math.floor(parse(limit) / Math.max(1, parse(spec.template[name]))) - kept;
    if (most >= hosts) continue;
    hosts = most;
    bound = `spec.limits.${name} is ${limit}`;
  }
  return { hosts: Math.max(0, hosts), bound };
}
