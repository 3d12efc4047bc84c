import { expect, it } from 'vitest';
import { lossyLogDestination } from './log-destination.ts';

it('drops what cannot be written, and says how much once it can be again', () => {
  const written: string[] = [];
  let isFull = false;
  const destination = lossyLogDestination((line) => {
    if (isFull) throw new Error('ENOSPC');
    written.push(line);
  });
  destination.write('a\n');
  isFull = true;
  destination.write('b\n');
  destination.write('c\n');
  isFull = false;
  destination.write('d\n');
  destination.write('e\n');
  expect(written).toEqual(['a\n', '{"level":40,"lost":2,"msg":"log lines could not be written"}\n', 'd\n', 'e\n']);
});
