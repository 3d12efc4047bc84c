import type { NewObject, NodePool, Taint } from '@gantry/api-types';
import { connect } from '../api/kubeconfig.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface PoolCreateOptions {
  readonly dataDir: string;
  readonly name: string;
  readonly max: number;
  readonly min: number;
  readonly cpu: string;
  readonly memory: string;
  readonly idleSeconds?: number;
  /** `key=value` */
  readonly labels: readonly string[];
  /** `key=value:effect` */
  readonly taints: readonly string[];
  readonly images: readonly string[];
}

const path = '/apis/gantry.io/v1/nodepools';

/** `gantry pool create`. Rejects with `ApiError` where the server refuses it. */
export async function createPool(terminal: Terminal, options: PoolCreateOptions): Promise<void> {
  const body = poolOf(options);
  const api = await connect(options.dataDir);
  try {
    await api.json({ method: 'POST', path, body });
  } finally {
    api.close();
  }
  terminal.line(`nodepool.gantry.io/${options.name} created`);
  terminal.line(terminal.dim('# what it does and why: gantry pool ls, kubectl describe nodepool'));
}

/** `gantry pool delete`: resolves once the deletion is recorded. */
export async function deletePool(
  terminal: Terminal,
  { dataDir, name }: { readonly dataDir: string; readonly name: string },
): Promise<void> {
  const api = await connect(dataDir);
  try {
    await api.json({ method: 'DELETE', path: `${path}/${encodeURIComponent(name)}` });
  } finally {
    api.close();
  }
  terminal.line(`nodepool.gantry.io/${name} deleted; its hosts are drained and removed`);
}

/** The object that the options describe. Throws `UserError` for malformed labels and taints. */
export function poolOf(options: PoolCreateOptions): NewObject<NodePool> {
  const { name, max, min, cpu, memory, idleSeconds, labels, taints, images } = options;
  return {
    apiVersion: 'gantry.io/v1',
    kind: 'NodePool',
    metadata: { name },
    spec: {
      provider: 'docker',
      minNodes: min,
      maxNodes: max,
      ...(idleSeconds === undefined ? {} : { scaleDown: { afterSeconds: idleSeconds } }),
      template: {
        cpu,
        memory,
        ...(labels.length > 0 ? { labels: Object.fromEntries(labels.map(parseLabel)) } : {}),
        ...(taints.length > 0 ? { taints: taints.map(parseTaint) } : {}),
        ...(images.length > 0 ? { images: [...images] } : {}),
      },
    },
  };
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new UserError(`--label ${text} must be key=value`);
}

function parseTaint(text: string): Taint {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? [];
  if (key !== undefined && effect !== undefined) return { key, effect, ...(value ? { value } : {}) };
  throw new UserError(`--taint ${text} must be key=value:effect, such as burst=yes:NoSchedule`);
}
