import { describe, expect, it } from 'vitest';
import type { EndpointSubset, Endpoints } from '../generated/types.ts';
import { makeEndpoints } from '../testing/index.ts';
import { endpointsKind } from './endpoints.ts';

const endpoints = (subset: EndpointSubset): Endpoints => makeEndpoints({ subsets: [subset] });
const at = (...ips: string[]) => ips.map((ip) => ({ ip }));

describe('Endpoints', () => {
  it.each<[EndpointSubset, string[]]>([
    [{ addresses: at('10.0.0.1', 'fd00::1'), ports: [{ port: 80, protocol: 'TCP' }] }, []],
    [{ notReadyAddresses: at('10.0.0.1') }, []],
    [{ ports: [] }, ['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']],
    [
      { addresses: at('127.0.0.1', 'here') },
      [
        'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'subsets[0].addresses[1].ip: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      {
        addresses: at('10.0.0.1'),
        ports: [
          { name: 'a', port: 0, protocol: 'TCP' },
          { port: 80, protocol: 'ICMP' },
        ],
      },
      [
        'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'subsets[0].ports[1].name: Required value',
        'subsets[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
  ])('with %o: %o', (subset, expected) => {
    expect(endpointsKind.validate(endpoints(subset)).map(({ field, message }) => `${field}: ${message}`)).toEqual(
      expected,
    );
  });

  it('have TCP ports unless they say otherwise', () => {
    const written = endpoints({ addresses: at('10.0.0.1'), ports: [{ name: 'a', port: 80 }] });
    endpointsKind.setDefaults(written);
    expect(written.subsets?.[0]?.ports).toEqual([{ name: 'a', port: 80, protocol: 'TCP' }]);
  });

  it.each<[Endpoints, string]>([
    [makeEndpoints(), '<none>'],
    [endpoints({ notReadyAddresses: at('10.0.0.1'), ports: [{ port: 80 }] }), ''],
    [endpoints({ addresses: at('10.0.0.1') }), '10.0.0.1'],
    [endpoints({ addresses: at('fd00::1'), ports: [{ port: 80 }] }), '[fd00::1]:80'],
    [
      endpoints({ addresses: at('10.0.0.1', '10.0.0.2'), ports: [{ port: 80 }, { port: 443 }] }),
      '10.0.0.1:80,10.0.0.2:80,10.0.0.1:443 + 1 more...',
    ],
  ])('%o are printed as %s', (object, expected) => {
    const column = endpointsKind.columns.find(({ name }) => name === 'Endpoints');
    expect(column?.value(object, new Date())).toBe(expected);
  });
});
