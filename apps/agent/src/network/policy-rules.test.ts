import { describe, expect, it } from 'vitest';
import { policyScript } from './policy-rules.ts';

const rulesOf = (script: string, chain: string) =>
  script
    .split('\n')
    .filter((line) => line.startsWith(`add rule ip t ${chain} `))
    .map((line) => line.slice(`add rule ip t ${chain} `.length));

describe('policyScript', () => {
  it('drops everything for a pod that nothing is allowed to reach', () => {
    const { script, chains } = policyScript('ip t', [{ ip: '10.0.0.1', ingress: [] }], []);
    expect(chains).toEqual(['policy_pod_ingress_10_0_0_1']);
    expect(rulesOf(script, 'policy_pod_ingress_10_0_0_1')).toEqual(['drop']);
    expect(script).toContain('add element ip t policy_ingress { 10.0.0.1 : jump policy_pod_ingress_10_0_0_1 }');
  });

  it('returns for each peer with each port that is allowed', () => {
    const { script } = policyScript(
      'ip t',
      [
        {
          ip: '10.0.0.1',
          egress: [
            {
              peers: { ips: ['10.0.0.2', '10.0.0.3'], blocks: [{ cidr: '10.9.0.0/16', except: ['10.9.1.0/24'] }] },
              ports: [
                { protocol: 'tcp', port: 80 },
                { protocol: 'tcp', port: 443 },
                { protocol: 'tcp', port: 9000, endPort: 9010 },
                { protocol: 'udp' },
              ],
            },
            {},
          ],
        },
      ],
      [],
    );
    const blocks = 'ip daddr 10.9.0.0/16 ip daddr != 10.9.1.0/24';
    expect(rulesOf(script, 'policy_pod_egress_10_0_0_1')).toEqual([
      'ip daddr { 10.0.0.2, 10.0.0.3 } tcp dport { 80, 443 } return',
      'ip daddr { 10.0.0.2, 10.0.0.3 } tcp dport 9000-9010 return',
      'ip daddr { 10.0.0.2, 10.0.0.3 } meta l4proto udp return',
      `${blocks} tcp dport { 80, 443 } return`,
      `${blocks} tcp dport 9000-9010 return`,
      `${blocks} meta l4proto udp return`,
      'return',
      'drop',
    ]);
  });

  it('allows nobody where no peer has an address', () => {
    const isolation = { ip: '10.0.0.1', ingress: [{ peers: { ips: [], blocks: [] } }] };
    expect(rulesOf(policyScript('ip t', [isolation], []).script, 'policy_pod_ingress_10_0_0_1')).toEqual(['drop']);
  });

  it('removes the chains that were there, after nothing leads to them any more', () => {
    const { script } = policyScript('ip t', [], ['policy_pod_ingress_10_0_0_7']);
    const lines = script.split('\n');
    expect(lines.indexOf('delete chain ip t policy_pod_ingress_10_0_0_7')).toBeGreaterThan(
      lines.indexOf('flush map ip t policy_ingress'),
    );
  });
});
