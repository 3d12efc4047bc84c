import { type Logger, StoreError } from '@gantry/core';
import { expect, it } from 'vitest';
import { toApiError } from './errors.ts';

it('tells clients that the disk is full', () => {
  const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
  const error = toApiError(new StoreError('full', 'state.db cannot grow: the disk is full'), logger, {
    method: 'POST',
    url: '/',
  });
  expect(error.toStatus()).toMatchObject({ code: 500, message: expect.stringContaining('the disk is full') });
});

it('asks clients to come back where too many writes wait, and does not fill the log', () => {
  const logged: string[] = [];
  const log = (_fields: object, message: string) => void logged.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const error = toApiError(new StoreError('overloaded', 'too much'), logger, { method: 'POST', url: '/' });
  expect(error.toStatus()).toMatchObject({ code: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
  expect(logged).toEqual([]);
});
