import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PodIps } from './pod-ips.ts';

describe('pod addresses', () => {
  it('never go to two pods, and never are the network, the gateway or the broadcast', () => {
    const action = fc.record({ pod: fc.integer({ min: 0, max: 19 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const ips = new PodIps('10.0.0.8/29');
        const held = new Map<number, string>();
        for (const { pod, release } of actions) {
          const ip = held.get(pod);
          if (ip !== undefined && release) {
            ips.release(String(pod));
            held.delete(pod);
          } else if (ip === undefined) {
            const given = ips.allocate(String(pod));
            if (given === undefined) expect(held.size).toBe(5);
            else held.set(pod, given);
          }
          expect(new Set(held.values()).size).toBe(held.size);
        }
        for (const ip of held.values()) expect(ip).toMatch(/^10\.0\.0\.(10|11|12|13|14)$/);
      }),
    );
  });

  it('are used again as late as possible', () => {
    const ips = new PodIps('10.0.0.0/24');
    const first = ips.allocate('a');
    expect(ips.allocate('a')).toBe(first);
    expect(ips.ipOf('a')).toBe(first);
    ips.release('a');
    expect(ips.allocate('b')).not.toBe(first);
  });

  it('are kept by those who have them', () => {
    const ips = new PodIps('10.0.0.0/29');
    expect(ips.claim('a', '10.0.0.2')).toBe(true);
    expect(ips.claim('a', '10.0.0.2')).toBe(true);
    expect(ips.claim('b', '10.0.0.2')).toBe(false);
    expect(ips.claim('a', '10.0.0.4')).toBe(false);
    ips.release('b');
    expect(ips.allocate('b')).toBe('10.0.0.3');
  });

  it('need a range with room', () => {
    expect(() => new PodIps('10.0.0.0/30')).toThrow(/not an IPv4 range/);
    expect(() => new PodIps('nonsense')).toThrow(/not an IPv4 range/);
  });
});
