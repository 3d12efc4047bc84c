import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStoreConformance } from '@gantry/core/testing';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { openSqliteStore } from './sqlite-store.ts';

let directory: string;
let opened = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-store-'));
});
afterAll(() => rm(directory, { recursive: true }));

describeStoreConformance('the SQLite store', () => {
  opened += 1;
  return openSqliteStore({ path: join(directory, `${opened}.db`), logger: pino({ level: 'silent' }) });
});
