import type { Simulation } from '@gantry/api-types';
import { listPods, runWeb, setReplicas, spreadOf, untilReady, web } from '../objects.ts';
import { type TourStep, tourNamespace } from '../stage.ts';

const [few, many] = [3, 60];

export const scaleStep: TourStep = {
  id: 'scale',
  title: `From ${few} to ${many} replicas`,
  intro: `A Deployment with ${few} replicas is asked for ${many}. First the scheduler itself says, on a copy of the cluster, where they would go.`,
  lookAt: 'The tiles that drop into their nodes, and the bars of requested cpu and memory that grow with them.',
  async run(stage) {
    await runWeb(stage, few);
    stage.say(`${few} replicas are Ready: ${spreadOf(await listPods(stage, web))}`);
    const workload = { kind: 'Deployment', namespace: tourNamespace, name: web } as const;
    const asked: Simulation = {
      apiVersion: 'gantry.io/v1',
      kind: 'Simulation',
      spec: { changes: [{ type: 'scale', workload, replicas: many }] },
    };
    const answer = await stage.call<Simulation>({
      method: 'POST',
      path: '/apis/gantry.io/v1/simulations',
      body: asked,
    });
    for (const line of answer.status?.summary ?? []) stage.say(`simulated: ${line}`);
    const fitting = answer.status?.workloads.find(({ name }) => name === web)?.fitting ?? many;
    const startedAt = stage.now();
    await setReplicas(stage, web, many);
    await untilReady(stage, web, Math.min(many, fitting), 180);
    const seconds = (stage.now() - startedAt) / 1000;
    stage.say(
      `${Math.min(many, fitting)} Ready after ${seconds.toFixed(1)} s: ${spreadOf(await listPods(stage, web))}`,
    );
    stage.say('Each is a process in namespaces of its own under a cgroup with its limits; no machine was booted.');
    await setReplicas(stage, web, few * 2);
  },
};
