import type { Deployment, HorizontalPodAutoscaler } from '@gantry/api-types';
import {
  deployment,
  deployments,
  ensureNamespace,
  namespaced,
  programSpec,
  services,
  setReplicas,
  untilReady,
} from '../objects.ts';
import { ensure, remove, type TourStage, type TourStep, until } from '../stage.ts';

const [app, load] = ['burner', 'load'];
const maxReplicas = 4;
const autoscalers = namespaced('/apis/autoscaling/v2', 'horizontalpodautoscalers');

/** Each request takes some milliseconds of cpu. */
const server = `require('http').createServer((q, r) => { for (const end = Date.now() + 15; Date.now() < end; ); r.end('ok') }).listen(8080)`;
const client = `const ask = () => fetch('http://${app}:8080/').then((r) => r.text()).catch(() => new Promise((r) => setTimeout(r, 200))).then(ask); ask(); ask()`;

export const autoscalingStep: TourStep = {
  id: 'autoscaling',
  title: 'Load makes the autoscaler work',
  intro: `A HorizontalPodAutoscaler keeps the pods of a server at half of their requested cpu, with at most ${maxReplicas} of them. Then load comes, and goes.`,
  lookAt: "The autoscaler's chart in the inspector of `burner`: wanted, actual, and what it measured.",
  async run(stage) {
    await ensureNamespace(stage);
    const limits = { cpu: '60m', memory: '48Mi', cpuLimit: '120m' };
    await ensure(stage, deployments(), deployment(app, 1, programSpec({ ...limits, program: server, port: 8080 })));
    await ensure(stage, services(), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: app },
      spec: { selector: { app }, ports: [{ port: 8080 }] },
    });
    await ensure(
      stage,
      deployments(),
      deployment(load, 0, programSpec({ ...limits, cpuLimit: '200m', program: client })),
    );
    await ensure(stage, autoscalers, autoscaler());
    await untilReady(stage, app, 1);
    stage.say('one pod, no load: nothing to do');
    await setReplicas(stage, load, 1);
    stage.say('load comes');
    const peak = await follow(stage, 'the autoscaler adds pods', (replicas) => replicas >= 2);
    stage.say(`${peak.replicas} pods now: ${peak.text}`);
    await setReplicas(stage, load, 0);
    stage.say('the load goes; for 10 s the autoscaler waits for it to come back');
    const rest = await follow(stage, 'the autoscaler takes pods away', (replicas) => replicas < peak.replicas);
    stage.say(`${rest.replicas} now: ${rest.text}`);
    await remove(stage, `${autoscalers}/${app}`);
    await setReplicas(stage, app, 0);
  },
};

function autoscaler(): object {
  const policies = [{ type: 'Pods', value: 2, periodSeconds: 15 }];
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: app },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
      minReplicas: 1,
      maxReplicas,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      behavior: { scaleUp: { policies }, scaleDown: { stabilizationWindowSeconds: 10, policies } },
    },
  };
}

/** Waits for the Deployment to have a number of replicas that is asked for; says what the autoscaler measured then. */
async function follow(
  stage: TourStage,
  what: string,
  isThere: (replicas: number) => boolean,
): Promise<{ readonly replicas: number; readonly text: string }> {
  let found = { replicas: 0, text: '' };
  await until(stage, what, 150, async () => {
    const { spec } = await stage.call<Deployment>({ path: deployments(app) });
    const { status } = await stage.call<HorizontalPodAutoscaler>({ path: `${autoscalers}/${app}` });
    const utilization = status?.currentMetrics?.[0]?.resource?.current.averageUtilization;
    found = {
      replicas: spec.replicas ?? 0,
      text: `${utilization ?? '?'}% of the requested cpu is used, 50% are wanted`,
    };
    return isThere(found.replicas) || `${found.replicas} pods; ${found.text}`;
  });
  return found;
}
