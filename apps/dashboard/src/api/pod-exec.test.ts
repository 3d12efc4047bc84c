import { expect, it } from 'vitest';
import { endOf } from './pod-exec.ts';

it('tells an exit code from a command that did not run', () => {
  expect(endOf('{"kind":"Status","status":"Success"}')).toEqual({ kind: 'exited', code: 0 });
  const details = { causes: [{ reason: 'ExitCode', message: '137' }] };
  const killed = { kind: 'Status', status: 'Failure', reason: 'NonZeroExitCode', details };
  expect(endOf(JSON.stringify(killed))).toEqual({ kind: 'exited', code: 137 });
  const refused = {
    kind: 'Status',
    status: 'Failure',
    reason: 'InternalError',
    message: 'no such container',
    code: 500,
  };
  expect(endOf(JSON.stringify(refused))).toMatchObject({
    kind: 'failed',
    refusal: { code: 500, message: 'no such container' },
  });
  expect(endOf('error executing command')).toMatchObject({ refusal: { message: 'error executing command' } });
});
