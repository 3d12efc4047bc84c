import { writeFile } from 'node:fs/promises';
import { ApiError } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { explainFailure, UserError } from './user-error.ts';

it('says what a user can put right in one line', async () => {
  expect(explainFailure(new UserError('choose another port'))).toBe('choose another port');
  expect(explainFailure(new ApiError('NotFound', 'pods "x" not found'))).toBe('pods "x" not found');
});

it('says what the system refused without a stack', async () => {
  const full: unknown = await writeFile('/dev/full', 'x').catch((error: unknown) => error);
  expect(explainFailure(full)).toBe('ENOSPC: no space left on device, write');
  const missing: unknown = await writeFile('/nowhere/file', 'x').catch((error: unknown) => error);
  expect(explainFailure(missing)).toBe("ENOENT: no such file or directory, open '/nowhere/file'");
});

it('says what the engine refused without a stack', () => {
  const refusal = Object.assign(new Error('(HTTP code 500) server error - no space left on device '), {
    statusCode: 500,
  });
  expect(explainFailure(refusal)).toBe(
    'the Docker Engine refuses: (HTTP code 500) server error - no space left on device',
  );
});

it('keeps the stack of what is a bug of ours', () => {
  expect(explainFailure(new TypeError('x is not a function'))).toMatch(/^TypeError: x is not a function\n +at /);
});
