import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { EngineInfo } from '../engine/engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';

/** A local node and what it declares: Kubernetes quantities. */
export interface NodeSize {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
}

/**
 * Splits the engine's cpu and memory between `count` nodes, or gives each what the user asked for. What goes beyond the
 * engine is allowed with one warning line: a test cluster packs more, and cgroup limits are never scaled.
 */
export function planNodeSizes(
  terminal: Terminal,
  engine: EngineInfo,
  wanted: { readonly count: number; readonly cpu?: string; readonly memory?: string },
): NodeSize[] {
  const { count } = wanted;
  if (count === 0) return [];
  const cpuMilli =
    wanted.cpu === undefined
      ? Math.floor((engine.cpus * 1000) / count)
      : parsed('--node-cpu', wanted.cpu, parseCpuMilli);
  const mebibyte = 1024 * 1024;
  const memoryBytes =
    wanted.memory === undefined
      ? Math.floor(engine.memoryBytes / count / mebibyte) * mebibyte
      : parsed('--node-memory', wanted.memory, parseBytes);
  const beyond = [
    ...(cpuMilli * count > engine.cpus * 1000 ? [`${(cpuMilli * count) / 1000} cpus of ${engine.cpus}`] : []),
    ...(memoryBytes * count > engine.memoryBytes
      ? [`${gib(memoryBytes * count)} of memory of ${gib(engine.memoryBytes)}`]
      : []),
  ];
  if (beyond.length > 0)
    terminal.warn(
      `the nodes declare more than the engine has (${beyond.join(', ')}): pods that use what they request will be short of it`,
    );
  return Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    cpu: `${cpuMilli}m`,
    memory: String(memoryBytes),
  }));
}

function parsed(option: string, text: string, parse: (text: string) => number): number {
  try {
    const value = parse(text);
    if (value > 0) return value;
  } catch (error) {
    throw new UserError(`${option} ${text} is not a quantity such as 500m, 2 or 4Gi: ${messageOf(error)}`);
  }
  throw new UserError(`${option} ${text} must be more than nothing`);
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
