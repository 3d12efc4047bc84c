import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join as joinPath } from 'node:path';
import { ApiError } from '@gantry/api-types';
import { agentProtocol, type JoinRequest, type JoinResponse, type LeaveResponse } from '@gantry/api-types/protocol';

/** What an agent needs to reach its controller; kept in its data directory with mode 0600. */
export interface NodeCredential {
  readonly server: string;
  readonly caPem: string;
  readonly nodeName: string;
  readonly token: string;
}

const fileName = 'credential.json';
/** What the controller answered to a host that is leaving; void once it joins again. */
export const leftFile = 'left.json';

/** The credential of an earlier join, if there is one. */
export async function readCredential(dataDir: string): Promise<NodeCredential | undefined> {
  try {
    return JSON.parse(await readFile(joinPath(dataDir, fileName), 'utf8')) as NodeCredential;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${joinPath(dataDir, fileName)} cannot be read: remove it and join again`, { cause: error });
  }
}

/**
 * Exchanges a bootstrap token for the node's own credential and keeps it. Rejects with `ApiError` where the controller
 * refuses (Unauthorized: the token is wrong or has expired).
 */
export async function joinCluster(options: {
  readonly server: string;
  readonly caPem: string;
  readonly bootstrapToken: string;
  readonly nodeName: string;
  readonly dataDir: string;
}): Promise<NodeCredential> {
  const { server, caPem, nodeName, dataDir } = options;
  const body: JoinRequest = { nodeName };
  const answer = await send(new URL(agentProtocol.joinPath, server), {
    method: 'POST',
    caPem,
    token: options.bootstrapToken,
    body: JSON.stringify(body),
  });
  const response = JSON.parse(answer) as JoinResponse;
  const credential: NodeCredential = { server, caPem, nodeName: response.nodeName, token: response.token };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = joinPath(dataDir, fileName);
  await writeFile(`${path}.new`, JSON.stringify(credential), { mode: 0o600 });
  await rename(`${path}.new`, path);
  await rm(joinPath(dataDir, leftFile), { force: true });
  return credential;
}

/** Has the Node removed and the credential made void; the agent must have stopped. Rejects as {@link joinCluster}. */
export async function leaveCluster({ server, caPem, token }: NodeCredential): Promise<LeaveResponse> {
  const answer = await send(new URL(agentProtocol.leavePath, server), { method: 'DELETE', caPem, token, body: '' });
  return JSON.parse(answer) as LeaveResponse;
}

interface Sent {
  readonly method: 'POST' | 'DELETE';
  readonly caPem: string;
  readonly token: string;
  readonly body: string;
}

function send(url: URL, options: Sent): Promise<string> {
  const { method } = options;
  const type = options.body === '' ? {} : { 'content-type': 'application/json' };
  const headers = { authorization: `Bearer ${options.token}`, ...type };
  return new Promise((resolve, reject) => {
    const call = request(url, { method, ca: options.caPem, headers, timeout: 15_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200 || response.statusCode === 201) resolve(text);
        else reject(refusal(response.statusCode ?? 0, text));
      });
    });
    call.on('timeout', () => call.destroy(new Error(`${url.host} did not answer within 15 s`)));
    call.on('error', reject);
    call.end(options.body);
  });
}

function refusal(code: number, text: string): Error {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (message) return new ApiError(code === 401 ? 'Unauthorized' : 'Forbidden', message);
  } catch {
    // Not a Status: something else answers at that address.
  }
  return new Error(`the controller answered ${code} to the join request`);
}

/** The pin of a CA certificate: `sha256:` and the hex digest of its DER form. */
export function pinOf(caDer: Uint8Array): string {
  return `sha256:${createHash('sha256').update(caDer).digest('hex')}`;
}
