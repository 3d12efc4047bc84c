import type { Pod } from '@gantry/api-types';
import { FakeNodeApi } from './fake-node-api.ts';
import { startTestPodManager, type TestPlace } from './start-test-pod-manager.ts';

/**
 * An agent's pods in a process of their own, for tests that kill it: brings one pod about, or, where it is marked as
 * deleted, to its end; says so and lives on. Its argument is JSON: the place and the pod.
 */
const { place, pod } = JSON.parse(process.argv[2] ?? '') as { place: TestPlace; pod: Pod };
const { uid } = pod.metadata;
const api = new FakeNodeApi();
api.putPod(pod);
await startTestPodManager(api, place);
await api.until('it is as declared', () => {
  if (pod.metadata.deletionTimestamp !== undefined) return api.terminated.includes(uid);
  return api.status(uid)?.containerStatuses?.every(({ ready }) => ready) === true;
});
console.log('done');
