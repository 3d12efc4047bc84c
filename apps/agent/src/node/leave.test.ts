import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leaveAndRemove } from './leave.ts';

let dataDir: string;
let said: string[];
let refusal: Error | undefined;
let failure: Error | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gantry-leave-'));
  const credential = { server: 'https://10.0.0.1:6443', caPem: '', nodeName: 'host-1', token: 't' };
  await writeFile(join(dataDir, 'credential.json'), JSON.stringify(credential));
  said = [];
  refusal = failure = undefined;
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** As the controller answers, which makes the credential void, and as the host is cleaned. */
const leave = () =>
  leaveAndRemove(dataDir, {
    async leave({ nodeName }) {
      if (refusal) throw refusal;
      said.push(`${nodeName} left`);
      refusal = new Error('Unauthorized');
      return { nodeName, cluster: 'prod' };
    },
    async remove({ cluster, node }) {
      if (failure) throw failure;
      said.push(`${node} of ${cluster} removed`);
    },
  });

it('leaves the cluster, then removes what is on the host, then the credential', async () => {
  expect(await leave()).toBe('host-1');
  expect(said).toEqual(['host-1 left', 'host-1 of prod removed']);
  expect(await readdir(dataDir)).toEqual([]);
  await expect(leave()).rejects.toThrow('holds no credential');
});

it('goes on where it failed when it is run again, although its credential is void by then', async () => {
  failure = new Error('the engine does not answer');
  await expect(leave()).rejects.toThrow('the engine does not answer');
  failure = undefined;
  expect(await leave()).toBe('host-1');
  expect(said).toEqual(['host-1 left', 'host-1 of prod removed']);
  expect(await readdir(dataDir)).toEqual([]);
});

it('says how to clean the host where the cluster is gone', async () => {
  refusal = new Error('connect ECONNREFUSED 10.0.0.1:6443');
  await expect(leave()).rejects.toThrow(/ECONNREFUSED.*remove --cluster CLUSTER --node host-1 --data-dir/s);
  expect(await readdir(dataDir)).toEqual(['credential.json']);
});
