import { type FixPatch, isApiError, type Recommendation, type WorkloadRecommendation } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { ApiConnection } from '../api/api-connection.ts';
import { connect } from '../api/kubeconfig.ts';
import { printColumns } from '../output/columns.ts';
import type { Terminal } from '../output/terminal.ts';

export interface RecommendOptions {
  readonly dataDir: string;
  /** Undefined: all. */
  readonly namespace?: string;
  /** Resize the running pods in place. */
  readonly apply: boolean;
  /** Patch the templates too, which starts pods anew. */
  readonly template: boolean;
  readonly output?: 'json';
}

/** `gantry recommend`: what workloads should request by what they used, and on request in force. */
export async function recommend(terminal: Terminal, options: RecommendOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const spec = options.namespace === undefined ? {} : { namespace: options.namespace };
    const body = { apiVersion: 'gantry.io/v1', kind: 'Recommendation', spec };
    const answer = await api.json<Recommendation>({
      method: 'POST',
      path: '/apis/gantry.io/v1/recommendations',
      body,
    });
    const { summary = [], workloads = [] } = answer.status ?? {};
    if (options.output === 'json') terminal.line(JSON.stringify(answer, undefined, 2));
    else {
      for (const [index, sentence] of summary.entries())
        terminal.line(index === 0 ? terminal.bold(sentence) : sentence);
      printWorkloads(terminal, workloads);
    }
    if (options.apply) await apply(terminal, api, workloads, options.template);
  } finally {
    api.close();
  }
}

function printWorkloads(terminal: Terminal, workloads: readonly WorkloadRecommendation[]): void {
  const rows = workloads.flatMap(({ workload, containers, confidence, pods }) =>
    containers.map(({ name, present, recommended }) => [
      `${workload.namespace}/${workload.name}`,
      name,
      String(pods),
      `${present.cpuMilli === undefined ? 'none' : formatCpuMilli(present.cpuMilli)} -> ${formatCpuMilli(recommended.cpuMilli)}`,
      `${present.memoryBytes === undefined ? 'none' : formatBytes(present.memoryBytes)} -> ${formatBytes(recommended.memoryBytes)}`,
      confidence,
    ]),
  );
  if (rows.length === 0) return;
  terminal.line();
  printColumns(terminal, [['WORKLOAD', 'CONTAINER', 'PODS', 'CPU', 'MEMORY', 'CONFIDENCE'], ...rows]);
  for (const { workload, notes } of workloads) {
    for (const note of notes) terminal.line(terminal.dim(`${workload.namespace}/${workload.name}: ${note}`));
  }
}

async function apply(
  terminal: Terminal,
  api: ApiConnection,
  workloads: readonly WorkloadRecommendation[],
  withTemplates: boolean,
): Promise<void> {
  let resized = 0;
  for (const { workload, resize, template } of workloads) {
    if (withTemplates && template) {
      await send(api, template, pathOf(template));
      terminal.line(`${workload.kind} ${workload.namespace}/${workload.name}: template patched, its pods start anew`);
      continue;
    }
    for (const patch of resize) {
      try {
        await send(api, patch, `${pathOf(patch)}/resize`);
        resized += 1;
      } catch (error) {
        // It went while we were at it, or may not be resized: the others can be.
        if (!isApiError(error, 'NotFound', 'Invalid')) throw error;
        terminal.warn(`${patch.namespace}/${patch.name} was not resized: ${error.message}`);
      }
    }
  }
  if (resized > 0) {
    terminal.line(`${resized} ${resized === 1 ? 'pod' : 'pods'} resized in place: no container restarts for it`);
    terminal.line(
      'new replicas still request what their template says; --apply --template changes templates (pods start anew)',
    );
  }
}

function send(api: ApiConnection, { contentType, patch }: FixPatch, path: string): Promise<unknown> {
  return api.json({ method: 'PATCH', path, body: patch, contentType });
}

const plurals: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Job: 'jobs',
};

function pathOf({ apiVersion, kind, namespace = 'default', name }: FixPatch): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${plurals[kind] ?? ''}/${name}`;
}
