import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Node, Pod } from '@gantry/api-types';
import type Docker from 'dockerode';
import type { HttpClient } from '../testbed/http-client.ts';
import { buildBusyboxImage, openEngine } from '../testbed/images.ts';
import { LocalCluster } from '../testbed/local-cluster.ts';
import { ClusterProcesses } from './cluster-processes.ts';

/** Prints one line of progress. */
export type Log = (line: string) => void;

/** Left on the engine by `stop`: another cluster may be using it. */
export const sleeperImage = 'gantry-soak/sleeper:1';

/** A container of a pod, as the engine sees it. */
export interface PodContainer {
  readonly id: string;
  readonly state: string;
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
}

/** A local cluster of three nodes, the engine below it and the processes it consists of. */
export class SoakCluster implements AsyncDisposable {
  readonly local: LocalCluster;
  readonly docker: Docker;
  readonly client: HttpClient;
  readonly processes: ClusterProcesses;
  readonly name: string;

  private constructor(local: LocalCluster, docker: Docker, name: string) {
    this.local = local;
    this.docker = docker;
    this.name = name;
    this.client = local.client();
    this.processes = new ClusterProcesses(local.dataDir);
  }

  static async start(): Promise<SoakCluster> {
    const docker = openEngine();
    await buildBusyboxImage(docker, sleeperImage);
    // Ports of its own: the usual ones could go to another cluster while a killed controller is away.
    const ports = ['--port', String(await freePort()), '--dashboard-port', String(await freePort())];
    const local = await LocalCluster.start(['--no-demo', ...ports]);
    return new SoakCluster(local, docker, (await local.state()).cluster);
  }

  async pods(namespace?: string): Promise<readonly Pod[]> {
    const path = namespace === undefined ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`;
    return (await this.client.json<{ items: Pod[] }>(path)).items;
  }

  async nodes(): Promise<readonly Node[]> {
    return (await this.client.json<{ items: Node[] }>('/api/v1/nodes')).items;
  }

  /** Every container of the cluster's pods, whatever its state. */
  async containers(): Promise<PodContainer[]> {
    const filters = { label: [`io.gantry.cluster=${this.name}`, 'io.gantry.pod.uid'] };
    const found = await this.docker.listContainers({ all: true, filters });
    return found.map(({ Id, State, Labels }) => ({
      id: Id,
      state: State,
      node: Labels['io.gantry.node'] ?? '',
      namespace: Labels['io.gantry.pod.namespace'] ?? '',
      pod: Labels['io.gantry.pod.name'] ?? '',
      podUid: Labels['io.gantry.pod.uid'] ?? '',
      container: Labels['io.gantry.container'] ?? '',
    }));
  }

  async createNamespace(name: string): Promise<void> {
    await this.client.must('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
  }

  /** A pod that only the agent of this node can start. */
  probePod(nodeName: string): unknown {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `probe-${nodeName}` },
      spec: {
        nodeSelector: { 'kubernetes.io/hostname': nodeName },
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'main', image: sleeperImage }],
      },
    };
  }

  /** Ends the cluster, whatever state a fault left its processes in. */
  async stop(): Promise<void> {
    this.client.close();
    await this.processes.restore().catch((error: unknown) => console.warn(`before the end: ${String(error)}`));
    await this.local.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
