import { randomBytes } from 'node:crypto';
import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import type { PolicyPod } from '@gantry/core/network/network-policy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../system-clock.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { NftTable } from './nft.ts';
import { NodePolicies } from './node-policies.ts';

const pod: PolicyPod = { namespace: 'shop', labels: { app: 'web' }, ips: ['10.255.0.1'], ports: [] };
const nobody: ResolvedPolicy = { namespace: 'shop', name: 'p', podSelector: {}, ingress: [] };

/** With the kernel's own nftables, in a table that no traffic of this machine meets (its addresses are not used). */
describe('NodePolicies', () => {
  let table: NftTable;
  let pods: PolicyPod[];
  const policiesOf = () => new NodePolicies({ table, pods: () => pods, clock: systemClock, logger: quietLogger() });

  beforeEach(() => {
    table = new NftTable(`gantry_test_${randomBytes(4).toString('hex')}`);
    pods = [pod];
  });
  afterEach(() => table.remove());

  async function chains(): Promise<string[]> {
    const listed = (await table.list()) ?? [];
    return listed.flatMap(({ chain }) => (chain as { name: string } | undefined)?.name ?? []).toSorted();
  }

  it('has what restricts a pod in force before the pod starts, and nothing where nothing does', async () => {
    const policies = policiesOf();
    policies.setPolicies([]);
    await policies.ensure(pod);
    expect(await chains()).toEqual([]);
    policies.setPolicies([nobody]);
    await policies.ensure(pod);
    expect(await chains()).toEqual(['policies', 'policy_pod_ingress_10_255_0_1']);
    await policies.stop();
  });

  it('keeps the rules of an earlier life until the policies are known, then replaces them', async () => {
    const earlier = policiesOf();
    earlier.setPolicies([nobody]);
    await earlier.ensure(pod);
    await earlier.stop();
    const later = policiesOf();
    await later.ensure(pod);
    expect(await chains()).toContain('policy_pod_ingress_10_255_0_1');
    pods = [{ ...pod, ips: ['10.255.0.2'] }];
    later.setPolicies([nobody]);
    await later.ensure(pods[0] ?? pod);
    expect(await chains()).toEqual(['policies', 'policy_pod_ingress_10_255_0_2']);
    await later.stop();
  });
});
