import { readFile } from 'node:fs/promises';
import { dashboardLink } from '../api/dashboard-link.ts';
import { connect, kubeconfigPath } from '../api/kubeconfig.ts';
import type { Terminal } from '../output/terminal.ts';
import { isSystemError, messageOf, UserError } from '../output/user-error.ts';
import { gantryVersion } from '../version.ts';

/** `gantry kubeconfig`: prints the kubeconfig, for `> ~/.kube/config` or a pipe. */
export async function printKubeconfig(terminal: Terminal, dataDir: string): Promise<void> {
  try {
    terminal.line((await readFile(kubeconfigPath(dataDir), 'utf8')).trimEnd());
  } catch (error) {
    if (isSystemError(error, 'ENOENT'))
      throw new UserError(`there is no cluster in ${dataDir}: start one with \`npm start\``);
    throw error;
  }
}

/** `gantry dashboard`: a fresh link, since the token of one works once. */
export async function printDashboardLink(
  terminal: Terminal,
  options: { dataDir: string; isReadOnly: boolean },
): Promise<void> {
  const api = await connect(options.dataDir);
  terminal.line(await dashboardLink(api, options.isReadOnly ? 'read-only' : 'admin'));
  api.close();
}

/** `gantry version`: ours, and the server's where one answers. */
export async function printVersion(terminal: Terminal, dataDir: string): Promise<void> {
  terminal.line(`gantry ${gantryVersion}, node ${process.version}`);
  try {
    const api = await connect(dataDir);
    const { gitVersion } = await api.json<{ gitVersion: string }>({ path: '/version' });
    terminal.line(`server: speaks the API of Kubernetes ${gitVersion} at ${api.server}`);
    api.close();
  } catch (error) {
    terminal.line(`server: ${messageOf(error)}`);
  }
}
