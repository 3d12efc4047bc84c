import { expect, it } from 'vitest';
import { shortcutOf } from './action-keys.ts';
import { allActions } from './all-actions.ts';

it('gives every action an id and a key of its own', () => {
  const ids = allActions.map((action) => action.id);
  const keys = allActions.flatMap((action) => action.shortcut ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(keys).size).toBe(keys.length);
});

it('reads what was pressed as actions name it', () => {
  const plain = { altKey: false, ctrlKey: false, metaKey: false };
  expect(shortcutOf({ ...plain, key: '?' })).toBe('?');
  expect(shortcutOf({ ...plain, key: 'K', ctrlKey: true })).toBe('Ctrl+k');
  expect(shortcutOf({ ...plain, key: 'k', metaKey: true })).toBe('Ctrl+k');
  expect(shortcutOf({ ...plain, key: 's', altKey: true })).toBeUndefined();
});
