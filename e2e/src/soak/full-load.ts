import { spawn } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '@gantry/api-types';
import type { SoakCluster } from './soak-cluster.ts';

/** Never true for as long as the node is well. */
function isNotReady({ status }: Node): boolean {
  return !status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

export interface FullLoadFigures {
  readonly busyProcesses: number;
  readonly seconds: number;
  /** Of one minute, at the end. */
  readonly loadAverage: number;
  readonly slowestGetMs: number;
}

/** Every cpu twice taken by busy loops; rejects where any Node turns NotReady meanwhile. */
export async function watchNodesUnderFullLoad(
  cluster: SoakCluster,
  options: { readonly seconds: number; readonly signal?: AbortSignal },
): Promise<FullLoadFigures> {
  const busyProcesses = 2 * availableParallelism();
  const { metadata } = await cluster.client.json<{ metadata: { resourceVersion: string } }>('/api/v1/nodes');
  const turned = new Set<string>();
  let hasEnded = false;
  const end = cluster.client.watch(
    `/api/v1/nodes?watch=true&resourceVersion=${metadata.resourceVersion}`,
    ({ object }) => {
      if (isNotReady(object as unknown as Node)) turned.add(object.metadata.name);
    },
    () => {
      hasEnded = true;
    },
  );
  const loops = Array.from({ length: busyProcesses }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  let slowestGetMs = 0;
  try {
    const until = Date.now() + options.seconds * 1000;
    while (Date.now() < until && !options.signal?.aborted) {
      const askedAt = Date.now();
      await cluster.client.json('/api/v1/nodes/node-1');
      slowestGetMs = Math.max(slowestGetMs, Date.now() - askedAt);
      await pause(250);
    }
    if (hasEnded) throw new Error('the watch of the nodes ended');
    for (const node of await cluster.nodes()) if (isNotReady(node)) turned.add(node.metadata.name);
  } finally {
    end();
    for (const loop of loops) loop.kill('SIGKILL');
  }
  if (turned.size > 0) throw new Error(`turned NotReady under full load: ${[...turned].join(', ')}`);
  return { busyProcesses, seconds: options.seconds, loadAverage: loadavg()[0] ?? 0, slowestGetMs };
}
