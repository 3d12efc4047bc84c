import type { Node, NodePool } from '@gantry/api-types';
import {
  deployment,
  deployments,
  ensureNamespace,
  listPods,
  programSpec,
  setReplicas,
  spreadOf,
  untilReady,
} from '../objects.ts';
import { ensure, remove, type TourStage, type TourStep, until, untilGone } from '../stage.ts';

const app = 'roomy';
const pool = 'tour';
const pools = '/apis/gantry.io/v1/nodepools';
/** Its host is made of what is on this machine; the first one builds the image for it. */
const hostSeconds = 240;

export const nodePoolStep: TourStep = {
  id: 'node-pool',
  title: 'A host is added when room runs out',
  intro:
    'A pod needs a node with a label that none has. A node pool that makes such hosts starts one: with an engine and an agent of its own.',
  lookAt: 'The waiting pod in the tray, then the new node that appears for it, and goes again when it is not needed.',
  async run(stage) {
    await ensureNamespace(stage);
    await ensure(stage, pools, {
      apiVersion: 'gantry.io/v1',
      kind: 'NodePool',
      metadata: { name: pool },
      spec: {
        maxNodes: 1,
        template: { cpu: '500m', memory: '1Gi', labels: { tour: 'room' } },
        scaleUp: { delaySeconds: 1 },
        scaleDown: { afterSeconds: 10 },
      },
    });
    const spec = programSpec({
      cpu: '100m',
      memory: '40Mi',
      program: 'setInterval(() => {}, 1e6)',
      spec: { nodeSelector: { tour: 'room' } },
    });
    await ensure(stage, deployments(), deployment(app, 1, spec));
    await setReplicas(stage, app, 1);
    const startedAt = stage.now();
    const since = () => `${((stage.now() - startedAt) / 1000).toFixed(0)} s`;
    await until(stage, 'the pool has added a host', hostSeconds, async () => {
      const found = await stage.call<NodePool>({ path: `${pools}/${pool}` });
      return found.status.readyNodes > 0 || describe(found);
    });
    stage.say(`a host was added and is Ready after ${since()}`);
    await untilReady(stage, app, 1);
    stage.say(`the pod runs: ${spreadOf(await listPods(stage, app))}, ${since()} after it was asked for`);
    await setReplicas(stage, app, 0);
    stage.say('the pod goes; ten seconds later nobody needs the host');
    await until(stage, 'the pool has removed its host', hostSeconds, async () => {
      const { items } = await stage.call<{ readonly items: readonly Node[] }>({
        path: '/api/v1/nodes?labelSelector=tour%3Droom',
      });
      return items.length === 0 || 'the host is emptied and removed';
    });
    stage.say('the host is gone');
    await removeTourPool(stage);
  },
};

/** Removes the pool and with it its hosts. */
export async function removeTourPool(stage: TourStage): Promise<void> {
  const path = `${pools}/${pool}`;
  await remove(stage, path);
  await untilGone(stage, 'the pool is gone', path, hostSeconds, 'the hosts of the pool are removed');
}

function describe({ status }: NodePool): string {
  const problem = status.conditions?.find(({ status: value, message }) => value === 'False' && message);
  return problem?.message ?? `${status.nodes} host is being started`;
}
