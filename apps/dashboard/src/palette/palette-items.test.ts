import { expect, it } from 'vitest';
import type { ActionContext } from '../actions/action.ts';
import { ClusterStore } from '../state/cluster-store.ts';
import { useUi } from '../state/ui.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import { Replay } from '../timeline/replay.ts';
import { TimelineBook } from '../timeline/timeline-book.ts';
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
  findItems(items, 'service web')[0]?.run(context);
  expect(useUi.getState().filter).toBe('ns:default app=web');
  findItems(items, 'namespace default')[0]?.run(context);
  expect(useUi.getState().filter).toBe('ns:default');
});

it('offers the actions that make sense now, before the objects', () => {
  const { context } = contextOf();
  const ids = paletteItems(context).map((item) => item.id);
  expect(ids.slice(0, 2)).toEqual(['page.palette', 'page.filter']);
  expect(ids).not.toContain('workload.scale');
  const offered = (kind: 'deployment' | 'statefulset' | 'daemonset', name: string): string[] => {
    const selection = { kind, namespace: 'default', name };
    return paletteItems({ ...context, selection, target: selection }).map((item) => item.id);
  };
  expect(offered('deployment', 'web')).toContain('workload.scale');
  expect(offered('statefulset', 'db')).toContain('workload.scale');
  expect(offered('daemonset', 'log')).not.toContain('workload.scale');
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
        nodes: [feedNode('node-1'), feedNode('node-2')],
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
  store.setConnection({ kind: 'live' });
  const visited: string[] = [];
  const none = { kind: 'none' } as const;
  const replay = new Replay({ live: store, fetchSegment: async () => undefined });
  const book = new TimelineBook(store, async () => undefined);
  const navigate = (path: string): void => void visited.push(path);
  return { context: { store, selection: none, target: none, navigate, replay, book }, visited };
}
