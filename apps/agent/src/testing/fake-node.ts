import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodStatus } from '@gantry/api-types';
import { FakeClock } from '@gantry/core/testing';
import type { PodManagerOptions } from '../pod/options.ts';
import { type PodManager, startPodManager } from '../pod/pod-manager.ts';
import { FakeRuntime } from '../runtime/fake-runtime.ts';
import { FakeNodeApi } from './fake-node-api.ts';
import { quietLogger } from './quiet-logger.ts';

/** A node on a {@link FakeRuntime} and a {@link FakeClock}: only its files are real. */
export interface FakeNode extends AsyncDisposable {
  readonly api: FakeNodeApi;
  readonly runtime: FakeRuntime;
  readonly clock: FakeClock;
  readonly dataDir: string;
  manager: PodManager;
  restart(): Promise<void>;
  status(pod: Pod): PodStatus;
  /** Wants the pod and waits until its container runs. */
  runPod(pod: Pod): Promise<void>;
  /** Waits, without moving the clock, until the predicate holds. */
  until(what: string, predicate: () => boolean): Promise<void>;
  /** The name of the pod's newest container. */
  newest(pod: Pod): string;
}

export const fakeImage = 'gantry-agent-test:1';

export async function startFakeNode(options: PodManagerOptions = {}): Promise<FakeNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry-fake-'));
  const clock = new FakeClock();
  const runtime = new FakeRuntime(clock);
  runtime.addImage(fakeImage);
  const api = new FakeNodeApi();
  const start = () =>
    startPodManager({
      api,
      runtime,
      nodeName: 'node-1',
      cluster: 'c',
      podCidr: '10.0.1.0/24',
      dataDir,
      clock,
      logger: quietLogger(),
      tokens: api,
      options: { hostIp: '192.0.2.1', ...options },
    });
  const node: FakeNode = {
    api,
    runtime,
    clock,
    dataDir,
    manager: await start(),
    restart: async () => {
      await node.manager.stop();
      node.manager = await start();
    },
    status: (pod) => api.status(pod.metadata.uid) ?? {},
    runPod: async (pod) => {
      api.putPod(pod);
      await node.until('it runs', () => node.status(pod).containerStatuses?.[0]?.state?.running !== undefined);
    },
    until: (what, predicate) => api.until(what, predicate, 20_000),
    newest: (pod) => runtime.created.findLast((name) => name.includes(pod.metadata.uid)) ?? '',
    [Symbol.asyncDispose]: async () => {
      await node.manager.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return node;
}
