import { randomBytes } from 'node:crypto';
import type { EndpointSlice, Service } from '@gantry/api-types';
import { type OwnEndpoints, planService } from '@gantry/core/network/services/plan-service';
import { assembleRuleset, type Ruleset } from '@gantry/core/network/services/ruleset';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NftTable } from '../network/nft.ts';
import { mustRunTool, runTool } from '../network/run-tool.ts';
import { systemClock } from '../system-clock.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { createUdpFlush } from './conntrack.ts';
import { DataPath } from './data-path.ts';

/** A network namespace of the test's own: nothing of the host's rules is touched. */
let namespace: string;
let table: NftTable;
const paths: DataPath[] = [];

const run: typeof runTool = (command, args, input) =>
  runTool('ip', ['netns', 'exec', namespace, command, ...args], input);

beforeEach(async () => {
  namespace = `gantry-test-${randomBytes(3).toString('hex')}`;
  await mustRunTool('ip', ['netns', 'add', namespace]);
  table = new NftTable('gantry_test_svc', run);
});

afterEach(async () => {
  for (const path of paths.splice(0)) await path.stop();
  await mustRunTool('ip', ['netns', 'delete', namespace]);
});

function open(): DataPath {
  const path = new DataPath({
    table,
    facts: {
      podCidr: '10.244.0.0/24',
      clusterCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/16',
      ownLinks: ['gtabc*'],
      otherLinks: ['gt*'],
    },
    flushStaleUdp: createUdpFlush(quietLogger(), run),
    clock: systemClock,
    logger: quietLogger(),
  });
  paths.push(path);
  return path;
}

const own: OwnEndpoints = new Map();
function plan(name: string, count: number, spec: Partial<Service['spec']> = {}) {
  const metadata = { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' };
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }], ...spec },
    status: {},
  };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: Array.from({ length: count }, (_, i) => ({ addresses: [`10.244.0.${i + 2}`], nodeName: 'n1' })),
    ports: [{ name: '', port: 8080 }],
  };
  return planService(service, [slice], { place: { nodeName: 'n1' }, own });
}

const text = async () => (await run('nft', ['list', 'table', ...table.ref.split(' ')])).stdout;

/** What a table made at once has, in whatever order. */
async function settle(path: DataPath, ruleset: Ruleset): Promise<string[]> {
  path.update(ruleset);
  await path.settled();
  // Elements stand in the order of the kernel's hashes.
  return (await text())
    .replaceAll(/[,{}]|elements =/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .toSorted((a, b) => (a < b ? -1 : 1));
}

it.each<[string, Ruleset]>([
  ['more endpoints', assembleRuleset([plan('web', 3)])],
  ['more endpoints than there are exact slots', assembleRuleset([plan('web', 40)])],
  ['no endpoints', assembleRuleset([plan('web', 0)])],
  ['affinity', assembleRuleset([plan('web', 2, { sessionAffinity: 'ClientIP' })])],
  ['a policy Local', assembleRuleset([plan('web', 2, { type: 'NodePort', externalTrafficPolicy: 'Local' })])],
  ['no Service', assembleRuleset([])],
])('leaves the same after a change to %s, and back, as made at once', async (_, other) => {
  const first = assembleRuleset([plan('web', 2)]);
  const expected = [await settle(open(), other), await settle(open(), first)];
  const path = open();
  await settle(path, first);
  // With nothing to do, too, it goes on afterwards.
  path.update(first);
  expect([await settle(path, other), await settle(path, first)]).toEqual(expected);
});

it('keeps the clients that a Service remembers when an agent starts anew', async () => {
  const ruleset = assembleRuleset([plan('web', 2, { sessionAffinity: 'ClientIP' })]);
  await settle(open(), ruleset);
  const set = 'aff/shop/web/tcp/80/cluster/10.244.0.2/8080';
  await table.apply(`add element ${table.ref} ${set} { 192.0.2.7 timeout 10800s }`);
  await settle(open(), ruleset);
  expect((await run('nft', ['list', 'set', ...table.ref.split(' '), set])).stdout).toContain('192.0.2.7');
});
