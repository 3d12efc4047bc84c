import type { Pod } from '@gantry/api-types';
import { LocalCluster } from '@gantry/e2e/testbed/local-cluster';
import { isPodReady } from '@gantry/e2e/testbed/pods';
import { waitForObjects } from '@gantry/e2e/testbed/watch-objects';
import { measureProcesses } from './process-cost.ts';
import { deploymentOf } from './replicas.ts';

export interface BusyAgentCost {
  readonly residentMegabytes: number;
  /** Of one core. */
  readonly cpuPercent: number;
}

/** After the last start the agent still tidies up; what it costs from then on is measured. */
const settleMs = 20_000;
const measureSeconds = 30;

/** What one agent costs with `pods` Ready pods that are probed twice by TCP every 10 s. `image` listens on port 8080. */
export async function measureBusyAgent(image: string, pods: number): Promise<BusyAgentCost> {
  const nodeFlags = ['--nodes', '1', '--node-cpu', '16', '--node-memory', '32Gi'];
  await using cluster = await LocalCluster.start(['--no-demo', ...nodeFlags]);
  const client = cluster.client();
  const deployment = deploymentOf({ name: 'probed', image, replicas: pods });
  const tcpSocket = { port: 8080 };
  for (const container of deployment.spec.template.spec.containers)
    Object.assign(container, { readinessProbe: { tcpSocket }, livenessProbe: { tcpSocket } });
  await client.must('POST', '/apis/apps/v1/namespaces/default/deployments', deployment);
  await waitForObjects<Pod>(client, {
    what: `${pods} pods are Ready`,
    path: '/api/v1/namespaces/default/pods',
    until: (found) => found.length === pods && found.every(isPodReady),
    timeoutMs: 300_000,
  });
  client.close();
  const { nodes } = await cluster.state();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const [cost] = await measureProcesses(
    nodes.map((node) => node.process.pid),
    measureSeconds,
  );
  return cost ?? { residentMegabytes: Number.NaN, cpuPercent: Number.NaN };
}
