import { expect, it } from 'vitest';
import type { ActionContext } from '../actions/action.ts';
import { ClusterStore } from '../state/cluster-store.ts';
import { actionContext } from '../testing/action-context.ts';
import { delta, feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { findItems, paletteItems } from './palette-items.ts';

it('goes to every object by some letters of its name, and to what belongs to a service or namespace', () => {
  const { context, visited } = contextOf();
  const items = paletteItems(context);
  const first = (query: string): string | undefined => findItems(items, query)[0]?.id;
  expect(first('node2')).toBe('Node node-2');
  expect(first('deploy web')).toBe('Deployment default/web');
  expect(first('pod w1')).toBe('Pod default/web-1');
  expect(first('statefulset db')).toBe('StatefulSet default/db');
  expect(first('cronjob')).toBe('CronJob default/nightly');
  findItems(items, 'node2')[0]?.run(context);
  findItems(items, 'stateful db')[0]?.run(context);
  expect(visited).toEqual(['/node/node-2', '/statefulset/default/db']);
  expect(first('service web')).toBe('Service default/web-svc');
  expect(findItems(items, 'namespace default')[0]?.detail).toBe('Namespace: filters by ns:default');
});

it('offers the actions that make sense now, before the objects', () => {
  const { context } = contextOf();
  const ids = paletteItems(context).map((item) => item.id);
  expect(ids.slice(0, 2)).toEqual(['page.palette', 'page.filter']);
  expect(ids).not.toContain('workload.scale');
  const offered = (kind: 'deployment' | 'statefulset' | 'daemonset' | 'pod', name: string): string[] => {
    const selection = { kind, namespace: 'default', name };
    return paletteItems({ ...context, selection, target: selection }).map((item) => item.id);
  };
  expect(offered('deployment', 'web')).toContain('workload.scale');
  expect(offered('statefulset', 'db')).toContain('workload.scale');
  expect(offered('daemonset', 'log')).not.toContain('workload.scale');
  const rollout = (ids: string[]): string[] => ids.filter((id) => /workload\.(restart|pause|roll-back)/.test(id));
  expect(rollout(offered('deployment', 'web'))).toHaveLength(3);
  expect(rollout(offered('daemonset', 'log'))).toEqual(['workload.restart', 'workload.roll-back']);
  expect(offered('pod', 'web-1')).toContain('pod.delete');
});

it('offers what the page shows anywhere: panels, tabs, lenses, and groups by the labels that nodes have', () => {
  const { context } = contextOf();
  const ids = paletteItems(context).map((item) => item.id);
  for (const id of ['whatif', 'rebalance', 'services', 'rightsizing']) expect(ids).toContain(`panel.${id}`);
  for (const id of ['lens.vms', 'group.pool', 'group.tier']) expect(ids).toContain(id);
  expect(ids).not.toContain('node.evict-now');
  const selection = { kind: 'node', name: 'node-1' } as const;
  const ofNode = paletteItems({ ...context, selection, target: selection }).map((item) => item.id);
  expect(ofNode).toContain('object.usage');
  const lost = feedNode('node-2', { conditions: [{ type: 'Ready', status: 'Unknown' }] });
  const pods = { set: [feedPod('lone', { nodeName: 'node-2', phase: 'Running' })] };
  context.store.apply([delta(2, { nodes: { set: [lost] }, pods })], 1000);
  const about = paletteItems(context).find(({ id }) => id === 'node.evict-now');
  expect(about?.detail).toBe('node-2');
});

it('offers no change of the past, nor while the page is cut off', () => {
  const { context } = contextOf();
  const selection = { kind: 'deployment', namespace: 'default', name: 'web' } as const;
  const ids = (): string[] => paletteItems({ ...context, selection, target: selection }).map((item) => item.id);
  expect(ids()).toContain('workload.scale');
  context.store.setConnection({ kind: 'past', at: 1000 });
  expect(ids().filter((id) => /^(workload|pod|node)\./.test(id))).toEqual([]);
});

function contextOf(): { context: ActionContext; visited: string[] } {
  const store = new ClusterStore();
  const service = {
    key: 'default/web-svc',
    uid: 's',
    createdAt: '',
    type: 'ClusterIP',
    ports: [],
    selector: { app: 'web' },
  };
  store.apply(
    [
      snapshot({
        nodes: [feedNode('node-1', { labels: { tier: 'burst' } }), feedNode('node-2')],
        workloads: [
          feedWorkload('web'),
          feedWorkload('db', { kind: 'StatefulSet' }),
          feedWorkload('log', { kind: 'DaemonSet' }),
          feedWorkload('nightly', { kind: 'CronJob', schedule: '0 3 * * *' }),
        ],
        pods: [feedPod('web-1')],
        services: [service],
      }),
    ],
    1000,
  );
  return actionContext(store);
}
