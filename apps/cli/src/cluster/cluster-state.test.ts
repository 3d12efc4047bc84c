import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UserError } from '../output/user-error.ts';
import { readClusterState, writeClusterState } from './cluster-state.ts';
import { testState } from './testing/test-state.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gantry state '));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const state = testState();

it('reads what was written, and nothing where no cluster was started', async () => {
  expect(await readClusterState(dataDir)).toBeUndefined();
  await writeClusterState(dataDir, state);
  expect(await readClusterState(dataDir)).toEqual(state);
});

it.each([
  ['is no JSON', '{"version"'],
  ['is empty', ''],
  ['is something else', '{}'],
  ['is of another version', JSON.stringify({ ...state, version: 2 })],
])('says what to do where the file %s', async (_, text) => {
  await writeFile(join(dataDir, 'cluster.json'), text);
  const failure: unknown = await readClusterState(dataDir).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserError);
  expect(String(failure)).toMatch(/cluster\.json cannot be read \(.+\): remove it if no cluster runs from there$/);
});
