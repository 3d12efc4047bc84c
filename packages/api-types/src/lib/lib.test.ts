import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Size, fromBase64, toBase64 } from './base64.ts';
import { isCidr, isIp, specialIpProblem } from './ip.ts';
import { firstDifference, semanticEqual } from './semantic-equal.ts';

describe('ip', () => {
  it('takes every address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(isIp(text)).toBe(true);
      }),
    );
  });

  it.each(['', '1.2.3', '1.2.3.256', '01.2.3.4', '1:2', ':::', '1::2::3', '12345::', '1:2:3:4:5:6:7:8:9', 'g::'])(
    'refuses %j',
    (text) => {
      expect(isIp(text)).toBe(false);
    },
  );

  it.each([
    ['10.0.0.0/24', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0', false],
    ['fd00::/64', true],
    ['fd00::/129', false],
    ['10.0.0.0/08', false],
  ])('takes %s as a range: %s', (text, isRange) => {
    expect(isCidr(text)).toBe(isRange);
  });

  it.each([
    ['10.0.0.1', undefined],
    ['fd00::1', undefined],
    ['0.0.0.0', 'may not be unspecified (0.0.0.0)'],
    ['::', 'may not be unspecified (::)'],
    ['127.1.2.3', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ['::1', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ['169.254.169.254', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ['fe80::1', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ['224.0.0.5', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
    ['ff02::1', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
  ])('says of %s: %s', (text, problem) => {
    expect(specialIpProblem(text)).toBe(problem);
  });
});

describe('base64', () => {
  it('goes there and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = toBase64(text);
        expect(encoded).toBe(Buffer.from(text).toString('base64'));
        expect(base64Size(encoded)).toBe(Buffer.byteLength(text));
        expect(fromBase64(encoded)).toBe(text);
      }),
    );
  });

  it.each(['a', 'a b=', 'ab=c', '===='])('refuses %j', (text) => {
    expect(base64Size(text)).toBeUndefined();
  });
});

describe('semanticEqual', () => {
  it.each([
    [{}, undefined, true],
    [[], null, true],
    [{ a: '' }, {}, true],
    [{ a: false }, {}, true],
    [{ a: 0 }, {}, false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [[1, 2], [2, 1], false],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, false],
  ])('%j and %j: %s', (a, b, isEqual) => {
    expect(semanticEqual(a, b)).toBe(isEqual);
    expect(semanticEqual(b, a)).toBe(isEqual);
  });

  it('names the first difference', () => {
    expect(firstDifference({ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, 'spec')).toBe('spec.a[0].b');
  });
});
