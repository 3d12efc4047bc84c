import { expect, it } from 'vitest';
import { ChangeJournal } from './change-journal.ts';

it('tells each reader what changed since it last looked', () => {
  const journal = new ChangeJournal();
  const start = journal.position;
  journal.append(3);
  const middle = journal.position;
  journal.append(3);
  journal.append(5);
  expect(journal.since(start)).toEqual([3, 3, 5]);
  expect(journal.since(middle)).toEqual([3, 5]);
  expect(journal.since(journal.position)).toEqual([]);
});

it('sends a reader that lags too far to look at everything, and stays small', () => {
  const journal = new ChangeJournal(10);
  const start = journal.position;
  for (let slot = 0; slot < 1000; slot++) journal.append(slot);
  expect(journal.since(start)).toBeUndefined();
  expect(journal.since(-1)).toBeUndefined();
  expect(journal.since(journal.position - 2)).toEqual([998, 999]);
});
