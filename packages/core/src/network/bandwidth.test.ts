import { expect, it } from 'vitest';
import { bandwidthAnnotations, parseBandwidth } from './bandwidth.ts';

it('reads bits a second as Kubernetes quantities', () => {
  const annotations = { [bandwidthAnnotations.ingress]: '10M', [bandwidthAnnotations.egress]: '1Gi', other: 'x' };
  expect(parseBandwidth(annotations)).toEqual({ ingressBitsPerSecond: 10e6, egressBitsPerSecond: 2 ** 30 });
  expect(parseBandwidth({ [bandwidthAnnotations.egress]: '1k' })).toEqual({ egressBitsPerSecond: 1_000 });
  expect(parseBandwidth(undefined)).toEqual({});
});

it.each(['fast', '', '10 M', '999', '2P', '-5M'])('refuses %j and names the annotation', (text) => {
  expect(() => parseBandwidth({ [bandwidthAnnotations.ingress]: text })).toThrow(bandwidthAnnotations.ingress);
});
