import type { FixPatch, WorkloadReference } from '@gantry/api-types';
import { plainYaml } from '../../lib/plain-yaml.ts';
import type { FixContext } from './fix-context.ts';

const strategic = 'application/strategic-merge-patch+json';

/** A patch of the pod template's spec, or of the pod's own spec where it belongs to nobody. */
export function specPatch({ wait, pod }: FixContext, spec: object): FixPatch {
  const { workload } = wait;
  if (!workload) {
    const { name, namespace = 'default' } = pod.metadata;
    return patchOf({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { spec });
  }
  const { kind, namespace = 'default', name } = workload;
  return patchOf({ apiVersion: apiVersionOf(kind), kind, namespace, name }, { spec: { template: { spec } } });
}

/** A patch of a node. */
export function nodePatch(name: string, patch: object): FixPatch {
  return patchOf({ apiVersion: 'v1', kind: 'Node', name }, patch);
}

/** The shell line that sends a patch. */
export function patchCommand({ kind, namespace, name, patch }: FixPatch, options = ''): string {
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  return `kubectl patch ${kind.toLowerCase()} ${name}${where}${options} --type strategic -p ${quoted(JSON.stringify(patch))}`;
}

/** A word of a shell line. */
export function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function patchOf(object: Pick<FixPatch, 'apiVersion' | 'kind' | 'namespace' | 'name'>, patch: object): FixPatch {
  return { ...object, contentType: strategic, patch, yaml: `${plainYaml(patch)}\n` };
}

function apiVersionOf(kind: WorkloadReference['kind']): string {
  if (kind === 'Job') return 'batch/v1';
  return kind === 'ReplicationController' ? 'v1' : 'apps/v1';
}
