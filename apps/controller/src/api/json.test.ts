import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cloneJson, isEqualJson } from './json.ts';
import { mergePatch } from './merge-patch.ts';

const json = () => fc.jsonValue({ maxDepth: 4 });

describe('JSON helpers', () => {
  it('copies deeply', () => {
    fc.assert(
      fc.property(json(), (value) => {
        const copy = cloneJson(value);
        expect(copy).toEqual(value);
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  it('agrees with a comparison of canonical texts', () => {
    fc.assert(
      fc.property(json(), json(), (a, b) => {
        expect(isEqualJson(a, b)).toBe(canonical(a) === canonical(b));
        expect(isEqualJson(a, cloneJson(a))).toBe(true);
      }),
    );
  });

  it('takes undefined for absence', () => {
    expect(isEqualJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isEqualJson({ a: undefined }, { b: undefined })).toBe(true);
    expect(isEqualJson({ a: null }, {})).toBe(false);
    expect(isEqualJson({ a: 1 }, { b: 1 })).toBe(false);
  });
});

describe('merge patch', () => {
  it('follows the examples of RFC 7386', () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ a: 'foo' }, null, null],
      [{ a: 'foo' }, 'bar', 'bar'],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, expected] of cases) expect(mergePatch(cloneJson(target), patch)).toEqual(expected);
  });

  it('applied twice does nothing more, and leaves the patch alone', () => {
    fc.assert(
      fc.property(fc.object(), fc.object({ values: [fc.string(), fc.constant(null)] }), (target, patch) => {
        const before = JSON.stringify(patch);
        const once = mergePatch(cloneJson(target), patch);
        expect(mergePatch(cloneJson(once), patch)).toEqual(once);
        expect(JSON.stringify(patch)).toBe(before);
      }),
    );
  });
});

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
