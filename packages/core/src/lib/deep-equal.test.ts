import { expect, it } from 'vitest';
import { isSemanticallyEqual } from './deep-equal.ts';

it.each([
  [{ a: 1, b: [1, { c: 'x' }] }, { b: [1, { c: 'x' }], a: 1 }, true],
  [{ a: null }, {}, true],
  [{ list: [] }, {}, true],
  [{ metadata: { labels: {} } }, { metadata: {} }, true],
  [{ labels: {} }, {}, true],
  [{ emptyDir: {} }, {}, false],
  [{ labelSelector: {} }, { labelSelector: undefined }, false],
  [{ a: 0 }, {}, false],
  [{ a: '1' }, { a: 1 }, false],
  [[1, 2], [2, 1], false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
])('compares %j and %j as Kubernetes does: %s', (a, b, expected) => {
  expect(isSemanticallyEqual(a, b)).toBe(expected);
  expect(isSemanticallyEqual(b, a)).toBe(expected);
});
