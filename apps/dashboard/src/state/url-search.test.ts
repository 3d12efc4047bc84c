import { expect, it } from 'vitest';
import { keepSearch, withSearchValue } from './url-search.ts';

it('sets, replaces and removes one parameter and leaves the others', () => {
  expect(withSearchValue('', 'lens', 'used')).toBe('?lens=used');
  expect(withSearchValue('?lens=used&t=5', 'lens', 'limits')).toBe('?lens=limits&t=5');
  expect(withSearchValue('?lens=used&t=5', 'lens', undefined)).toBe('?t=5');
  expect(withSearchValue('?lens=used', 'lens', '')).toBe('');
});

it('keeps the query where a link names a path only', () => {
  expect(keepSearch('/pod/default/web', '?lens=used')).toBe('/pod/default/web?lens=used');
  expect(keepSearch('/?t=5', '?lens=used')).toBe('/?t=5');
  expect(keepSearch('/', '')).toBe('/');
});
