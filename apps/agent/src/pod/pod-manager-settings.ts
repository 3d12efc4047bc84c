import type { Clock, Logger } from '@gantry/core';
import type { PodMeter } from '../metrics/agent-instruments.ts';
import type { NodeApi } from '../node-api.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import type { ImageTransferRuntime } from '../runtime/image-transfer.ts';
import type { TokenSource } from '../volumes/pod-tokens.ts';
import type { PodManagerOptions } from './options.ts';
import type { ClusterDns } from './resolv-conf.ts';

/** What the pods of a node are run with. */
export interface PodManagerSettings {
  readonly api: NodeApi;
  readonly runtime: ContainerRuntime;
  /** Images as archives; without it the node neither takes nor gives any. */
  readonly imageTransfer?: ImageTransferRuntime;
  readonly nodeName: string;
  /** The cluster's id: tells this cluster's containers from another's on the same engine. */
  readonly cluster: string;
  readonly podCidr: string;
  /** Absolute; visible to the engine under the same path. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where pods ask for names; they use the host's servers where undefined. */
  readonly clusterDns?: ClusterDns;
  readonly options?: PodManagerOptions;
  /** What the node reports of its memory, disks and processes has changed. */
  readonly onConditions?: () => void;
  /** Counts the passes of pods' workers; absent where nobody asks. */
  readonly meter?: PodMeter;
  /** Where service account tokens come from; nowhere by default. */
  readonly tokens?: TokenSource;
}
