import { spawnSync } from 'node:child_process';
import { isApiError } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import { dashboardLink } from '../api/dashboard-link.ts';
import { type ClusterState, clusterPaths } from '../cluster/cluster-state.ts';
import { demoNamespace } from '../demo/deploy-demo.ts';
import { dataDirOption, quote } from '../output/command-line.ts';
import type { Terminal } from '../output/terminal.ts';

/** What a newcomer is told once the cluster is up: where the page is, where the kubeconfig is, three things to try. */
export async function printSummary(
  terminal: Terminal,
  dataDir: string,
  state: ClusterState,
  api: ApiConnection,
): Promise<void> {
  const kubeconfig = clusterPaths(dataDir).kubeconfig;
  const link = await dashboardLink(api, 'admin');
  terminal.line();
  terminal.line(`${terminal.bold('Dashboard')}   ${link}`);
  terminal.line(`${terminal.bold('Kubeconfig')}  ${kubeconfig}`);
  const nodes = state.nodes.map((node) => node.name).join(', ');
  terminal.line(
    `${terminal.bold('Nodes')}       ${nodes || 'none here; `npx gantry join` prints the line that adds a host'}`,
  );
  const hasDemo = await isDemoDeployed(api);
  if (hasDemo && state.ingress) {
    const { hostname } = new URL(state.server);
    terminal.line(`${terminal.bold('Demo shop')}   http://${hostname}:${state.ingress.httpPort}/`);
  }
  terminal.line();
  terminal.line('Three things to try:');
  for (const command of thingsToTry(dataDir, { kubectl: hasKubectl(), demo: hasDemo })) terminal.line(`  ${command}`);
  terminal.line();
}

function hasKubectl(): boolean {
  return spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore', timeout: 5_000 }).status === 0;
}

async function isDemoDeployed(api: ApiConnection): Promise<boolean> {
  try {
    await api.json({ path: `/apis/apps/v1/namespaces/${demoNamespace}/deployments/web` });
    return true;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Three commands for a newcomer, with kubectl where there is one. */
export function thingsToTry(dataDir: string, has: { readonly kubectl: boolean; readonly demo: boolean }): string[] {
  return has.kubectl ? kubectlCommands(dataDir, has.demo) : gantryCommands(dataDir, has.demo);
}

function kubectlCommands(dataDir: string, hasDemo: boolean): string[] {
  const variable = `KUBECONFIG=${quote(clusterPaths(dataDir).kubeconfig)}`;
  const last = hasDemo ? 'kubectl scale deployment web --replicas=12' : 'kubectl apply -f YOUR.yaml';
  return [`export ${variable}`, hasDemo ? 'kubectl get pods -o wide' : 'kubectl get nodes', last];
}

function gantryCommands(dataDir: string, hasDemo: boolean): string[] {
  const commands = hasDemo
    ? ['get pods -o wide', 'logs -f deployment/orders', 'dashboard']
    : ['get nodes', 'apply -f YOUR.yaml', 'dashboard'];
  return commands.map((command) => `npx gantry ${command}${dataDirOption(dataDir)}`);
}
