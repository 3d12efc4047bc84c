import { FakeClock } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { createTestApi } from '../api/testing/test-api.ts';
import { joinCommand } from './join-hosts.ts';

const spec = {
  pool: 'burst',
  name: 'burst-1',
  cpu: '2',
  memory: '4Gi',
  maxPods: 30,
  labels: { tier: 'burst', 'gantry.io/node-pool': 'burst' },
  taints: [
    { key: 'burst', value: 'yes', effect: 'NoSchedule' },
    { key: 'example.com/spot', effect: 'NoExecute' },
  ],
  images: [],
};

it('tells a host what its pool wants of it, and gives it a token for as long as it joins', async () => {
  await using api = await createTestApi();
  const options = {
    client: api.client,
    clock: new FakeClock(),
    caFingerprint: 'sha256:ab12',
    serverFor: (gateway: string) => `https://${gateway}:6443`,
  };
  const { line, env, done } = await joinCommand(options, spec, '172.20.0.1');
  expect(line).toContain('https://172.20.0.1:6443 ab12 ');
  expect(env.GANTRY_NODE_NAME).toBe('burst-1');
  expect(JSON.parse(env.GANTRY_AGENT_ARGS ?? '')).toEqual([
    ...['--cpu', '2', '--memory', '4Gi', '--max-pods', '30'],
    ...['--label', 'tier=burst', '--label', 'gantry.io/node-pool=burst'],
    // As the agent's and the kubelet's flag has it: a taint without a value has no equals sign.
    ...['--register-with-taints', 'burst=yes:NoSchedule,example.com/spot:NoExecute'],
  ]);
  const tokens = () => api.objects.informer('secrets').lister.list('kube-system');
  expect(tokens().map(({ type }) => type)).toEqual(['bootstrap.kubernetes.io/token']);
  await done();
  await done();
  expect(tokens()).toEqual([]);
  const plain = await joinCommand(options, { ...spec, taints: [] }, '172.20.0.1');
  expect(plain.env.GANTRY_AGENT_ARGS).not.toContain('taints');
});
