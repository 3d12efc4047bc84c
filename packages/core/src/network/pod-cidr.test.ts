import { describe, expect, it } from 'vitest';
import { formatCidr, nextPodCidr, overlaps, parseCidr } from './pod-cidr.ts';

const parsed = (text: string) => {
  const cidr = parseCidr(text);
  if (!cidr) throw new Error(`${text} should parse`);
  return cidr;
};

describe('pod CIDRs', () => {
  it('parses and prints ranges, clearing host bits', () => {
    expect(formatCidr(parsed('10.244.3.9/24'))).toBe('10.244.3.0/24');
    expect(formatCidr(parsed('255.255.255.255/32'))).toBe('255.255.255.255/32');
  });

  it.each(['10.0.0.0', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/8', ''])('refuses %j', (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it('gives the lowest range that is free', () => {
    expect(nextPodCidr('10.244.0.0/16', 24, [])).toBe('10.244.0.0/24');
    expect(nextPodCidr('10.244.0.0/16', 24, ['10.244.0.0/24', '10.244.2.0/24'])).toBe('10.244.1.0/24');
  });

  it('keeps clear of a wider range that somebody set by hand', () => {
    expect(nextPodCidr('10.244.0.0/16', 24, ['10.244.0.0/22'])).toBe('10.244.4.0/24');
  });

  it('says when nothing is left', () => {
    expect(nextPodCidr('10.244.0.0/23', 24, ['10.244.0.0/24', '10.244.1.0/24'])).toBeUndefined();
  });

  it('knows when ranges overlap', () => {
    expect(overlaps(parsed('10.0.0.0/8'), parsed('10.244.0.0/16'))).toBe(true);
    expect(overlaps(parsed('10.0.0.0/16'), parsed('10.1.0.0/16'))).toBe(false);
  });
});
