import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isSystemError, messageOf, UserError } from '../output/user-error.ts';
import { type ApiAddress, ApiConnection } from './api-connection.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  clusters?: { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[];
  users?: { name: string; user: { token?: string } }[];
}

/** The kubeconfig that `gantry up` writes into a data directory. */
export function kubeconfigPath(dataDir: string): string {
  return join(dataDir, 'kubeconfig');
}

/** Reads the current context of a self-contained kubeconfig with a bearer token. */
export async function readKubeconfig(path: string): Promise<ApiAddress> {
  const config = parseConfig(await readConfigText(path), path);
  const name = config?.['current-context'];
  const context = config?.contexts?.find((entry) => entry.name === name)?.context;
  const cluster = config?.clusters?.find((entry) => entry.name === context?.cluster)?.cluster;
  const token = config?.users?.find((entry) => entry.name === context?.user)?.user.token;
  const ca = cluster?.['certificate-authority-data'];
  if (!cluster || !token || !ca) {
    throw new UserError(
      `${path} has no current context with an embedded CA and a token: use the kubeconfig that \`gantry up\` wrote`,
    );
  }
  return { server: cluster.server, caPem: Buffer.from(ca, 'base64').toString('utf8'), token };
}

/** YAML, of which JSON is a part. */
function parseConfig(text: string, path: string): Kubeconfig | null {
  try {
    return parse(text) as Kubeconfig | null;
  } catch (error) {
    throw new UserError(`${path} is not a kubeconfig: ${messageOf(error).split('\n')[0]}`, { cause: error });
  }
}

/** Connects with the kubeconfig of a data directory. */
export async function connect(dataDir: string): Promise<ApiConnection> {
  return new ApiConnection(await readKubeconfig(kubeconfigPath(dataDir)));
}

async function readConfigText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new UserError(
      `there is no cluster here (${path} does not exist): start one with \`npm start\`, or name its --data-dir`,
    );
  }
}
