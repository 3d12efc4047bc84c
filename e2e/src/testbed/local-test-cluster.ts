import type { KubernetesObject } from '@gantry/api-types';
import type { HttpClient } from './http-client.ts';
import { findKubectl } from './kubectl.ts';
import { Kubectl } from './kubectl-session.ts';
import { LocalCluster } from './local-cluster.ts';
import { waitForObjects } from './watch-objects.ts';

/** A test file's own cluster on this host, with what its tests need at hand. */
export class LocalTestCluster {
  readonly cluster: LocalCluster;
  readonly kubectl: Kubectl;
  readonly client: HttpClient;

  private constructor(cluster: LocalCluster, kubectlPath: string) {
    this.cluster = cluster;
    this.kubectl = new Kubectl({ path: kubectlPath, kubeconfig: cluster.kubeconfig });
    this.client = cluster.client();
  }

  static async start(args: readonly string[]): Promise<LocalTestCluster> {
    const path = await findKubectl();
    return new LocalTestCluster(await LocalCluster.start(args), path);
  }

  /** Waits on a collection such as `/api/v1/namespaces/default/pods`; resolves with it once `until` holds. */
  waitFor<T extends KubernetesObject>(
    what: string,
    path: string,
    until: (items: readonly T[]) => boolean,
    timeoutMs = 90_000,
  ): Promise<readonly T[]> {
    return waitForObjects<T>(this.client, { what, path, until, timeoutMs });
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.cluster.stop();
  }
}
