import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { AgentConfig } from '../config.ts';

/** What is kept back of a node for what is no pod. */
export interface Reserve {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

const mebi = 1024 * 1024;
const defaultMilliCpu = 100;
const defaultMemoryShare = 0.05;
const minMemoryBytes = 100 * mebi;

/** Whether the node is all of its host: it has no size of its own, as nodes have that share an engine. */
export function ownsHost({ cpu, memory }: Pick<AgentConfig, 'cpu' | 'memory'>): boolean {
  return cpu === undefined && memory === undefined;
}

/**
 * The flags' reserve. By default a host keeps 100m of cpu and a twentieth of its memory, at least 100Mi, for its own
 * programs, the engine and this agent; nodes that share an engine keep nothing, since their sizes are made up.
 */
export function reserveOf(
  config: Pick<AgentConfig, 'cpu' | 'memory' | 'reservedCpu' | 'reservedMemory'>,
  hostMemoryBytes: number,
): Reserve {
  const { reservedCpu, reservedMemory } = config;
  const isWhole = ownsHost(config);
  const share = Math.max(minMemoryBytes, Math.ceil((hostMemoryBytes * defaultMemoryShare) / mebi) * mebi);
  return {
    milliCpu: reservedCpu === undefined ? (isWhole ? defaultMilliCpu : 0) : parseCpuMilli(reservedCpu),
    memoryBytes: reservedMemory === undefined ? (isWhole ? share : 0) : parseBytes(reservedMemory),
  };
}
