import type { ContainerInspection, NodeInspection, PodInspection } from '@gantry/api-types';
import { connect } from '../api/kubeconfig.ts';
import { nodeInspectionText } from '../inspection/node-inspection-text.ts';
import { podInspectionText } from '../inspection/pod-inspection-text.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface InspectOptions {
  readonly dataDir: string;
  readonly namespace: string;
  /** A pod, or `node/NAME`. */
  readonly target: string;
  /** Only this container of the pod. */
  readonly container?: string;
  readonly output?: 'json';
}

const root = '/apis/gantry.io/v1';

/** `gantry inspect`: what a pod's containers are made of, or the layers that a node's images share. */
export async function inspect(terminal: Terminal, options: InspectOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const node = /^nodes?\/(.+)$/.exec(options.target)?.[1];
    if (node !== undefined) {
      const path = `${root}/nodeinspections/${encodeURIComponent(node)}`;
      return print(terminal, options, await api.json<NodeInspection>({ path }), nodeInspectionText);
    }
    const pod = options.target.replace(/^pods?\//, '');
    const path = `${root}/namespaces/${encodeURIComponent(options.namespace)}/podinspections/${encodeURIComponent(pod)}`;
    print(terminal, options, chosen(await api.json<PodInspection>({ path }), options.container), podInspectionText);
  } finally {
    api.close();
  }
}

function print<T>(terminal: Terminal, { output }: InspectOptions, answer: T, text: (answer: T) => readonly string[]) {
  if (output === 'json') return terminal.line(JSON.stringify(answer, undefined, 2));
  for (const line of text(answer)) terminal.line(/^\S/.test(line) ? terminal.bold(line) : line);
}

function chosen(inspection: PodInspection, container: string | undefined): PodInspection {
  if (container === undefined) return inspection;
  const containers = inspection.containers.filter(({ name }: ContainerInspection) => name === container);
  if (containers.length > 0) return { ...inspection, containers };
  const known = inspection.containers.map(({ name }) => name).join(', ') || 'none';
  throw new UserError(`pod ${inspection.metadata.name} has no container ${container} on its node: there is ${known}`);
}
