import { parseCpuMilli } from '@gantry/api-types';
import { barePod, ensureNamespace, isReady, pods, programSpec } from '../objects.ts';
import { codeOf, ensure, remove, type TourStage, type TourStep, until, untilGone } from '../stage.ts';

const name = 'noisy';
const [limit, raised] = ['200m', '400m'];
/** A window of metrics covers about 15 s. */
const settleMs = 16_000;

export const noisyNeighbourStep: TourStep = {
  id: 'noisy-neighbour',
  title: 'A noisy neighbour is held',
  intro: `A pod tries to use all the cpu there is. Its limit is ${limit}, and the kernel's cgroup holds it there, whatever it does.`,
  lookAt:
    'Its tile: the T says that the kernel throttles it. In the inspector its cpu runs along the line of its limit.',
  async run(stage) {
    await ensureNamespace(stage);
    await remove(stage, pods(name));
    const program =
      'setTimeout(function burn() { for (const end = Date.now() + 500; Date.now() < end; ); setTimeout(burn) })';
    const spec = programSpec({ cpu: '50m', memory: '40Mi', cpuLimit: limit, program });
    await untilGone(stage, 'the pod of an earlier tour is gone', pods(name), 30, 'the pod of an earlier tour goes');
    await ensure(stage, pods(), barePod(name, spec));
    await until(stage, 'the pod runs', 60, async () => isReady(await stage.call({ path: pods(name) })) || 'it starts');
    stage.say(`it wants every cycle, and gets ${await usedCpu(stage)} of ${limit}`);
    await stage.call({
      method: 'PATCH',
      path: `${pods(name)}/resize`,
      contentType: 'application/strategic-merge-patch+json',
      body: { spec: { containers: [{ name: 'main', resources: { limits: { cpu: raised } } }] } },
    });
    stage.say(`its limit is ${raised} now: written into the cgroup of the running process, nothing restarted`);
    stage.say(`it gets ${await usedCpu(stage)} of ${raised}`);
    await remove(stage, pods(name));
  },
};

interface PodMetrics {
  readonly timestamp: string;
  readonly containers: readonly { readonly usage: { readonly cpu: string } }[];
}

/** What the pod uses once a whole window of samples is from after now. */
async function usedCpu(stage: TourStage): Promise<string> {
  const since = stage.now();
  const path = pods(name).replace('/api/v1', '/apis/metrics.k8s.io/v1beta1');
  let used = '';
  await until(stage, 'a whole window of samples', 60, async () => {
    const metrics = await stage.call<PodMetrics>({ path }).catch((error: unknown) => {
      // None yet.
      if (codeOf(error) === 404) return undefined;
      throw error;
    });
    if (!metrics || stage.now() - since < settleMs) return 'the samples of some seconds are gathered';
    used = `${metrics.containers.reduce((sum, { usage }) => sum + parseCpuMilli(usage.cpu), 0)}m`;
    return true;
  });
  return used;
}
