import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeaveResponse } from '@gantry/api-types/protocol';
import { messageOf } from '../runtime/container-runtime.ts';
import { leftFile, type NodeCredential, readCredential } from '../session/join.ts';

export interface LeaveActions {
  /** Has the Node removed and the credential made void. */
  leave(credential: NodeCredential): Promise<LeaveResponse>;
  /** Removes what the agent made on this host; may be repeated. */
  remove(what: { readonly cluster: string; readonly node: string; readonly dataDir: string }): Promise<void>;
}

/**
 * Takes this host out of its cluster: the Node first, so that its pods are made anew elsewhere, then everything that the agent
 * made here. Resolves with the node's name. May be repeated where it failed: what the controller answered is kept until all
 * is done, as it answers once only.
 */
export async function leaveAndRemove(dataDir: string, actions: LeaveActions): Promise<string> {
  const credential = await readCredential(dataDir);
  if (!credential)
    throw new Error(`${dataDir} holds no credential: this host has not joined a cluster, or has left it`);
  const path = join(dataDir, leftFile);
  const { nodeName, cluster } = (await readLeft(path)) ?? (await leave(credential, dataDir, actions));
  await writeFile(path, JSON.stringify({ nodeName, cluster }), { mode: 0o600 });
  await actions.remove({ cluster, node: nodeName, dataDir });
  await rm(join(dataDir, 'credential.json'), { force: true });
  await rm(path, { force: true });
  return nodeName;
}

async function leave(credential: NodeCredential, dataDir: string, actions: LeaveActions): Promise<LeaveResponse> {
  try {
    return await actions.leave(credential);
  } catch (cause) {
    const way = `remove --cluster CLUSTER --node ${credential.nodeName} --data-dir ${dataDir}`;
    const hint = `where the cluster is gone or does not know this host any more, the agent's \`${way}\` cleans the host alone`;
    throw new Error(`${messageOf(cause)}; ${hint}`, { cause });
  }
}

async function readLeft(path: string): Promise<LeaveResponse | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LeaveResponse;
  } catch {
    // Not there, the usual case, or cut off: the controller is asked.
    return undefined;
  }
}
