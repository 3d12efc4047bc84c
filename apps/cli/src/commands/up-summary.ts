import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import type { ApiConnection } from '../api/api-connection.ts';
import { dashboardLink } from '../api/dashboard-link.ts';
import { type ClusterState, clusterPaths } from '../cluster/cluster-state.ts';
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
  terminal.line();
  terminal.line('Three things to try:');
  for (const command of hasKubectl() ? kubectlCommands(kubeconfig) : gantryCommands(dataDir))
    terminal.line(`  ${command}`);
  terminal.line();
}

function hasKubectl(): boolean {
  return spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore', timeout: 5_000 }).status === 0;
}

function kubectlCommands(kubeconfig: string): string[] {
  const variable = `KUBECONFIG=${quote(kubeconfig)}`;
  return [`export ${variable}`, 'kubectl get pods -o wide', 'kubectl scale deployment web --replicas=12'];
}

function gantryCommands(dataDir: string): string[] {
  const option = relative(process.cwd(), dataDir) === '.gantry' ? '' : ` --data-dir ${quote(dataDir)}`;
  return [
    `npx gantry get pods -o wide${option}`,
    `npx gantry logs -f deployment/clock${option}`,
    `npx gantry apply -f examples/demo/demo.yaml${option}`,
  ];
}

function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
