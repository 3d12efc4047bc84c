import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareKeys } from './compare-keys.ts';

it('orders keys as their UTF-8 bytes are ordered', () => {
  const text = fc.string({ unit: 'binary', maxLength: 4 });
  void fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(
        Math.sign(compareBytes(new TextEncoder().encode(a), new TextEncoder().encode(b))),
      );
    }),
  );
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (byte !== other) return byte - other;
  }
  return a.length - b.length;
}
