import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineInfo } from '../engine/engine.ts';
import type { Terminal } from '../output/terminal.ts';
import { planNodeSizes } from './node-sizes.ts';

const gibibyte = 1024 ** 3;
const engine: EngineInfo = {
  cpus: 2,
  memoryBytes: 6 * gibibyte,
  serverVersion: '28.0.0',
  operatingSystem: 'Debian',
  osType: 'linux',
};
let warnings: string[];
const terminal: Terminal = {
  line: () => undefined,
  progress: () => undefined,
  warn: (text) => void warnings.push(text),
  bold: (text) => text,
  dim: (text) => text,
};

beforeEach(() => {
  warnings = [];
});

describe('the sizes of local nodes', () => {
  it('split the engine', () => {
    const sizes = planNodeSizes(terminal, engine, { count: 3 });
    expect(sizes.map(({ name }) => name)).toEqual(['node-1', 'node-2', 'node-3']);
    expect(sizes[0]).toMatchObject({ cpu: '666m', memory: String(2 * gibibyte) });
    expect(warnings).toEqual([]);
  });

  it('may be more than the engine has, with one warning', () => {
    const sizes = planNodeSizes(terminal, engine, { count: 3, cpu: '4', memory: '8Gi' });
    expect(sizes[2]).toMatchObject({ cpu: '4000m', memory: String(8 * gibibyte) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('12 cpus of 2');
  });

  it('are none for a controller that other hosts join', () => {
    expect(planNodeSizes(terminal, engine, { count: 0, cpu: '4' })).toEqual([]);
  });

  it.each(['lots', '0', '-1'])('refuse --node-cpu %s', (cpu) => {
    expect(() => planNodeSizes(terminal, engine, { count: 1, cpu })).toThrow('--node-cpu');
  });
});
