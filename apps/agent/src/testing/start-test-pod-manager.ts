import { setTimeout as sleep } from 'node:timers/promises';
import { type PodManager, startPodManager } from '../pod/pod-manager.ts';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { DockerRuntime } from '../runtime/docker-runtime.ts';
import { systemClock } from '../system-clock.ts';
import type { FakeNodeApi } from './fake-node-api.ts';
import { quietLogger } from './quiet-logger.ts';

/** Where a node is: on which engine, and what is its own. */
export interface TestPlace {
  readonly socketPath: string;
  readonly cluster: string;
  readonly dataDir: string;
  readonly podCidr: string;
}

/**
 * The pods of a node on the engine at a socket, which try again soon and look often at what they may have missed. As
 * the agent does, it tries again where the engine fails it at the start.
 */
export async function startTestPodManager(api: FakeNodeApi, place: TestPlace): Promise<PodManager> {
  for (;;) {
    try {
      return await startOnce(api, place);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      await sleep(100);
    }
  }
}

function startOnce(api: FakeNodeApi, place: TestPlace): Promise<PodManager> {
  const { socketPath, ...rest } = place;
  return startPodManager({
    ...rest,
    api,
    tokens: api,
    runtime: new DockerRuntime({ socketPath }),
    nodeName: 'node-1',
    clock: systemClock,
    logger: quietLogger(),
    options: { backOff: { baseMs: 200, maxMs: 1_000 }, relistMs: 1_000, hostIp: '192.0.2.1', evictionThresholds: [] },
  });
}
