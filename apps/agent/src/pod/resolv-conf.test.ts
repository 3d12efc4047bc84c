import type { PodSpec } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { formatResolvConf, parseResolvConf, podResolvConf } from './resolv-conf.ts';

const host = parseResolvConf(
  '# x\nnameserver 192.0.2.53\nnameserver 127.0.0.53\nsearch corp.example .\noptions edns0\n',
);
const cluster = { server: '10.96.0.10', domain: 'cluster.local' };

const cases: [Partial<PodSpec>, typeof cluster | undefined, string][] = [
  [{}, undefined, 'search corp.example\nnameserver 192.0.2.53\noptions edns0\n'],
  [
    {},
    cluster,
    'search default.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions edns0 ndots:5\n',
  ],
  [{ dnsPolicy: 'Default' }, cluster, 'search corp.example\nnameserver 192.0.2.53\noptions edns0\n'],
  [{ hostNetwork: true }, cluster, 'search corp.example\nnameserver 192.0.2.53\noptions edns0\n'],
  [
    { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
    cluster,
    'search default.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions edns0 ndots:5\n',
  ],
  [
    {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '2' }] },
    },
    cluster,
    'search a.b\nnameserver 1.1.1.1\noptions ndots:2\n',
  ],
  [
    {
      dnsConfig: {
        nameservers: ['10.96.0.10', '8.8.8.8'],
        options: [{ name: 'ndots', value: '1' }, { name: 'rotate' }],
      },
    },
    cluster,
    'search default.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\nnameserver 8.8.8.8\noptions edns0 ndots:1 rotate\n',
  ],
];

it.each(cases)('%j with cluster DNS %j', (spec, dns, expected) => {
  expect(formatResolvConf(podResolvConf(makePod({ spec }), host, dns))).toBe(expected);
});
