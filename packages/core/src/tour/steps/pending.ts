import type { Pod, Simulation } from '@gantry/api-types';
import { barePod, ensureNamespace, pods, programSpec } from '../objects.ts';
import { ensure, remove, type TourStep, tourNamespace, until } from '../stage.ts';

const name = 'giant';
const shown = 3;

export const pendingStep: TourStep = {
  id: 'pending',
  title: 'A pod that fits nowhere, and why',
  intro: 'A pod asks for 64 cpus. It waits, and the scheduler says of every node what is short, and by how much.',
  lookAt: 'The tray of waiting pods: open it for the grid of nodes and reasons, and for the fixes below it.',
  async run(stage) {
    await ensureNamespace(stage);
    await remove(stage, pods(name));
    await ensure(stage, pods(), barePod(name, programSpec({ cpu: '64', memory: '40Mi', program: '' })));
    let message = '';
    await until(stage, 'the scheduler has looked at the pod', 30, async () => {
      const pod = await stage.call<Pod>({ path: pods(name) });
      const scheduled = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
      message = scheduled?.message ?? '';
      return scheduled?.status === 'False' || 'the scheduler looks at it';
    });
    stage.say(`it waits: ${message}`);
    const asked: Simulation = {
      apiVersion: 'gantry.io/v1',
      kind: 'Simulation',
      spec: { suggest: true, pod: `${tourNamespace}/${name}` },
    };
    const answer = await stage.call<Simulation>({
      method: 'POST',
      path: '/apis/gantry.io/v1/simulations',
      body: asked,
    });
    const fixes = answer.status?.fixes ?? [];
    for (const fix of fixes.slice(0, shown)) stage.say(`a fix that was tried on a copy: ${fix.text}`);
    if (fixes.length === 0) stage.say('no fix that was tried on a copy of the cluster makes it fit');
    await remove(stage, pods(name));
    stage.say('The pod is deleted again.');
  },
};
