import { expect, it } from 'vitest';
import { templateDiff } from './template-diff.ts';

const app = {
  name: 'app',
  image: 'shop:1',
  env: [
    { name: 'LOG', value: 'info' },
    { name: 'OLD', value: 'x' },
  ],
  resources: { requests: { cpu: '100m' } },
};
const template = { metadata: { labels: { app: 'web', 'pod-template-hash': 'a' } }, spec: { containers: [app] } };

it('says what is different field by field, images first', () => {
  const env = [{ name: 'LOG', value: 'debug' }];
  const changed = { ...app, image: 'shop:2', env, resources: { requests: { cpu: '200m' } } };
  const after = {
    metadata: { labels: { app: 'web', 'pod-template-hash': 'b', tier: 'front' } },
    spec: { containers: [changed, { name: 'proxy', image: 'proxy:1', args: ['-v'] }] },
  };
  expect(templateDiff(template, after)).toEqual([
    'app: image shop:1 → shop:2',
    'container proxy added',
    'app: env LOG info → debug',
    'app: env OLD removed (was x)',
    'app: request cpu 100m → 200m',
    'label tier added: front',
  ]);
});

it('calls a restart a restart, and finds no difference in equal templates', () => {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-11-24T12:00:00Z' };
  expect(templateDiff(template, { ...template, metadata: { ...template.metadata, annotations } })).toEqual([
    'restarted at 2026-11-24T12:00:00Z',
  ]);
  expect(templateDiff(template, structuredClone(template))).toEqual([]);
});
