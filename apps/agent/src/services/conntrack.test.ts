import { planService } from '@gantry/core/network/services/plan-service';
import { assembleRuleset, diffRulesets, emptyRuleset } from '@gantry/core/network/services/ruleset';
import { expect, it } from 'vitest';
import type { runTool } from '../network/run-tool.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { createUdpFlush } from './conntrack.ts';

const metadata = { name: 'dns', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const plan = planService(
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { clusterIP: '10.96.0.9', ports: [{ port: 53, protocol: 'UDP' }] },
    status: {},
  },
  [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata,
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.1.0.2'] }],
      ports: [{ name: '', port: 53, protocol: 'UDP' }],
    },
  ],
  { place: { nodeName: 'n1' }, own: new Map() },
);
const ruleset = assembleRuleset([plan]);
const change = diffRulesets(emptyRuleset, ruleset);
const flow = (endpoint: string) =>
  `udp 17 29 src=10.1.0.7 dst=10.96.0.9 sport=4000 dport=53 src=${endpoint} dst=10.1.0.7 sport=53 dport=4000`;

/** The tool's place in a test: says `listed`, notes what is deleted; fails with `failure` while there is one. */
function tool(listed: readonly string[]) {
  const state = { deleted: [] as (readonly string[])[], failure: undefined as Error | undefined };
  const run: typeof runTool = async (_command, args) => {
    if (state.failure) throw state.failure;
    if (args[0] === '-D') state.deleted.push(args);
    return { exitCode: 0, stdout: args[0] === '-L' ? listed.join('\n') : '', stderr: '' };
  };
  return { state, flush: createUdpFlush(quietLogger(), run) };
}

it('the kernel forgets flows to endpoints that are gone, and no others', async () => {
  const { state, flush } = tool([flow('10.1.0.2'), flow('10.1.0.3')]);
  await flush(change, ruleset);
  expect(state.deleted).toHaveLength(1);
});

it('a failure of the tool is not for ever, but where there is none', async () => {
  const { state, flush } = tool([flow('10.1.0.3')]);
  state.failure = Object.assign(new Error('no process to be had'), { code: 'EAGAIN' });
  await flush(change, ruleset);
  state.failure = undefined;
  await flush(change, ruleset);
  expect(state.deleted).toHaveLength(1);
  state.failure = Object.assign(new Error('no such program'), { code: 'ENOENT' });
  await flush(change, ruleset);
  state.failure = undefined;
  await flush(change, ruleset);
  expect(state.deleted).toHaveLength(1);
});
