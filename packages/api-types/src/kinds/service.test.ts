import { describe, expect, it } from 'vitest';
import type { Service, ServiceSpec } from '../generated/types.ts';
import { makeService } from '../testing/index.ts';
import { serviceKind } from './service.ts';

function sent(spec: ServiceSpec): Service {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'default' }, spec };
  serviceKind.setDefaults(service as Service);
  return service as Service;
}

function textsOf(spec: ServiceSpec): string[] {
  return serviceKind.validate(sent(spec)).map((error) => `${error.field}: ${error.message}`);
}

const ports = [{ port: 80 }];

describe('a Service', () => {
  it('is defaulted as Kubernetes shows it', () => {
    expect(sent({ ports, selector: { app: 'web' } }).spec).toEqual({
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      selector: { app: 'web' },
      sessionAffinity: 'None',
      type: 'ClusterIP',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    });
    expect(sent({ ports, type: 'LoadBalancer', sessionAffinity: 'ClientIP' }).spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
    });
    expect(sent({ clusterIP: 'None' }).spec.clusterIPs).toEqual(['None']);
  });

  it.each<[ServiceSpec]>([
    [{ ports }],
    [{ clusterIP: 'None' }],
    [{ type: 'ExternalName', externalName: 'db.example.com.' }],
    [{ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] }],
    [{ type: 'LoadBalancer', ports, loadBalancerSourceRanges: ['10.0.0.0/8'] }],
    [
      {
        ports: [
          { name: 'a', port: 53 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
      },
    ],
  ])('may be %o', (spec) => {
    expect(textsOf(spec)).toEqual([]);
  });

  it.each<[ServiceSpec, string[]]>([
    [{}, ['spec.ports: Required value']],
    [{ type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      { ports, type: 'Magic' },
      [
        'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
        'spec.internalTrafficPolicy: Required value',
      ],
    ],
    [
      { ports: [{ port: 80 }, { port: 80 }] },
      [
        'spec.ports[0].name: Required value',
        'spec.ports[1].name: Required value',
        'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
      ],
    ],
    [
      { ports: [{ port: 0 }] },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      { ports: [{ port: 80, nodePort: 30_080 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      [
        'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
      ],
    ],
    [
      { ports, clusterIP: '10.0.0.300' },
      [
        'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      { ports, clusterIP: 'None', type: 'NodePort' },
      [`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`],
    ],
    [
      { ports, externalIPs: ['127.0.0.1'] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      { ports, externalTrafficPolicy: 'Local' },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
    [
      { ports, loadBalancerSourceRanges: ['10.0.0.0/33'] },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
  ])('may not be %o', (spec, texts) => {
    expect(textsOf(spec)).toEqual(texts);
  });

  it('keeps its addresses', () => {
    const previous = makeService();
    const next = structuredClone(previous);
    next.spec.clusterIP = '10.96.0.99';
    next.spec.clusterIPs = ['10.96.0.99'];
    expect(serviceKind.validateUpdate(next, previous).map((error) => `${error.field}: ${error.message}`)).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.99"]: may not change once set',
    ]);
  });

  it('keeps what was allocated where a replacement leaves it out', () => {
    const previous = makeService({ type: 'NodePort', ports: [{ port: 80, protocol: 'TCP', nodePort: 30_001 }] });
    const next = sent({ type: 'NodePort', ports: [{ port: 80 }, { port: 81 }] });
    serviceKind.prepareForUpdate(next, previous);
    expect(next.spec.clusterIPs).toEqual(previous.spec.clusterIPs);
    expect(next.spec.ports?.map((port) => port.nodePort)).toEqual([30_001, undefined]);
  });

  it('is printed with its addresses and ports', () => {
    const cells = (service: Service): unknown[] =>
      serviceKind.columns.map((column) => column.value(service, new Date('2026-01-01T00:01:00Z')));
    const nodePort = makeService({
      name: 's',
      type: 'NodePort',
      ports: [
        { port: 80, protocol: 'TCP', nodePort: 30_001 },
        { port: 53, protocol: 'UDP' },
      ],
      selector: { b: '2', a: '1' },
    });
    expect(cells(nodePort)).toEqual(['s', 'NodePort', '10.96.0.10', '<none>', '80:30001/TCP,53/UDP', '60s', 'a=1,b=2']);
    expect(cells(makeService({ type: 'LoadBalancer' }))[3]).toBe('<pending>');
    const balanced = makeService({ type: 'LoadBalancer', status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } });
    expect(cells(balanced)[3]).toBe('10.0.0.1');
    expect(cells(makeService({ type: 'ExternalName', spec: { externalName: 'db.example.com' } }))[3]).toBe(
      'db.example.com',
    );
  });
});
