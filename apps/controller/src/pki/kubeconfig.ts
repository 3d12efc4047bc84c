import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writePrivateFile } from './private-files.ts';

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
  /** Names the cluster, the user and the context. Default `gantry`. */
  readonly name?: string;
}

/** A self-contained kubeconfig as text: the CA inline and a bearer token. JSON is YAML, so no YAML writer is needed for quoting. */
export function renderKubeconfig(options: KubeconfigOptions): string {
  const name = JSON.stringify(options.name ?? 'gantry');
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    `- name: ${name}`,
    '  cluster:',
    `    server: ${JSON.stringify(options.server)}`,
    `    certificate-authority-data: ${Buffer.from(options.caPem).toString('base64')}`,
    'users:',
    `- name: ${name}`,
    '  user:',
    `    token: ${JSON.stringify(options.token)}`,
    'contexts:',
    `- name: ${name}`,
    '  context:',
    `    cluster: ${name}`,
    `    user: ${name}`,
    `current-context: ${name}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes the kubeconfig atomically with mode 0600, and makes the folder it goes to where there is none. */
export async function writeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writePrivateFile(path, renderKubeconfig(options));
}
