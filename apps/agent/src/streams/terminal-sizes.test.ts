import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followSizes, type TerminalSize } from './terminal-sizes.ts';

it('leaves the terminal with the size sent last, however long an earlier one takes', async () => {
  const source = new PassThrough();
  const calls: { readonly size: TerminalSize; readonly end: () => void }[] = [];
  let size: TerminalSize | undefined;
  followSizes(source, async (wanted) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    calls.push({ size: wanted, end: resolve });
    await promise;
    size = wanted;
  });
  // As `stty rows 50 cols 120` has it: a change of its own for the rows, and for the columns.
  source.write('{"Width":90,"Height":50}\n{"Width":100,"Height":50}\n{"Width":120,"Height":50}\n');
  await setImmediate();
  // An engine may answer in any order what is asked of it at the same time.
  while (calls.length > 0) {
    calls.pop()?.end();
    await setImmediate();
  }
  expect(size).toEqual({ width: 120, height: 50 });
});

it('passes over what is no size, and a size that cannot be set', async () => {
  const source = new PassThrough();
  const widths: number[] = [];
  followSizes(source, async ({ width }) => {
    widths.push(width);
    if (width === 90) throw new Error('not running');
  });
  for (const line of [
    '',
    'no size',
    '{"Width":0,"Height":24}',
    '{"Width":90,"Height":24}',
    '{"Width":80,"Height":24}',
  ]) {
    source.write(`${line}\n`);
    await setImmediate();
  }
  expect(widths).toEqual([90, 80]);
});
