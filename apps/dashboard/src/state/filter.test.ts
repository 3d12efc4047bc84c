import { expect, it } from 'vitest';
import { feedNode, feedPod, snapshot } from '../testing/feed-objects.ts';
import { ClusterStore } from './cluster-store.ts';
import { matchesNode, matchesPod, matchesText } from './filter.ts';

const node = feedNode('node-1', { zone: 'zone-a', labels: { pool: 'large' } });
const web = feedPod('web-1', { nodeName: 'node-1', status: 'Running', labels: { app: 'web', tier: 'front' } });
const api = feedPod('api-1', { key: 'shop/api-1', labels: { app: 'api' } });
const store = new ClusterStore();
store.apply([snapshot({ nodes: [node, feedNode('node-2')], pods: [web, api] })], 1000);

it.each([
  ['', true, true],
  ['WEB', true, false],
  ['web running', true, false],
  ['app=web', true, false],
  ['app = api', false, true],
  ['app!=web', false, true],
  ['app in (web, api), tier=front', true, false],
  ['tier notin (front)', false, true],
  ['!tier', false, true],
  ['pool=large', true, false],
  ['app=web node-2', false, false],
  ['ns:shop', false, true],
  ['ns:shop app=web', false, false],
  ['app=', false, false],
])('the filter %j', (filter, matchesWeb, matchesApi) => {
  expect([matchesPod(store, web, filter), matchesPod(store, api, filter)]).toEqual([matchesWeb, matchesApi]);
});

it('finds nodes by their own labels and by their pods', () => {
  const names = (filter: string): string[] =>
    [...store.nodes.values()].filter((one) => matchesNode(store, one, filter)).map((one) => one.key);
  expect(names('pool=large')).toEqual(['node-1']);
  expect(names('pool!=large')).toEqual(['node-2']);
  expect(names('app=web')).toEqual(['node-1']);
  expect(names('zone-a')).toEqual(['node-1']);
});

it('holds what has no labels to words and namespace', () => {
  expect(matchesText('app=web scaled', 'Scaled web', 'default')).toBe(true);
  expect(matchesText('ns:shop', 'Scaled web', 'default')).toBe(false);
});
