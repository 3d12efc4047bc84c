import type { Server } from 'node:http';
import type { SimulationSource } from '@gantry/core/simulation/source';
import { type ControllerServices, startController } from '../controllers/controller.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { DockerProvider } from './docker/docker-provider.ts';
import { openDockerEngine } from './docker/engine-client.ts';
import { joinCommand } from './join-hosts.ts';
import { NodePoolController } from './node-pool-controller.ts';
import { PoolListener } from './pool-listener.ts';

export interface NodePoolsOptions extends ControllerServices {
  readonly cluster: string;
  readonly pki: ClusterPki;
  /** The API, for hosts of pools, and where it listens. */
  readonly api: Server;
  readonly address: string;
  readonly port: number;
  /** Undefined until the scheduler has begun. */
  readonly source: () => SimulationSource | undefined;
}

/** Starts what adds and removes hosts. Until there is a NodePool it costs nothing, not even the engine's client library. */
export function startNodePools(options: NodePoolsOptions): { stop(): Promise<void> } {
  const { client, clock, logger, pki } = options;
  const listener = new PoolListener(options);
  const join = {
    client,
    clock,
    caFingerprint: pki.caFingerprint,
    serverFor: (gateway: string) => listener.serverFor(gateway),
  };
  const provider = new DockerProvider({
    cluster: options.cluster,
    logger: logger.child({ controller: 'node-pool-controller' }),
    openEngine: openDockerEngine,
    listen: (gateway) => listener.listen(gateway),
    join: (spec, gateway) => joinCommand(join, spec, gateway),
  });
  const pools = new NodePoolController(options, { providers: [provider], source: options.source });
  const running = startController(pools, options);
  return {
    async stop() {
      await Promise.all([running.stop(), pools.stop()]);
      await listener.stop();
    },
  };
}
