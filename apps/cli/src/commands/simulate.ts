import type { Simulation, SimulationFix, SimulationStatus } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import { stringify } from 'yaml';
import { connect } from '../api/kubeconfig.ts';
import { printColumns } from '../output/columns.ts';
import type { Terminal } from '../output/terminal.ts';
import { parseChanges } from '../scheduling/parse-changes.ts';

export interface SimulateOptions {
  readonly dataDir: string;
  readonly namespace: string;
  /** The changes as they were typed. */
  readonly words: readonly string[];
  readonly suggest: boolean;
  readonly output?: 'json' | 'yaml';
}

/** `gantry simulate`: what the scheduler would do, in words or as data. */
export async function simulate(terminal: Terminal, options: SimulateOptions): Promise<void> {
  const changes = parseChanges(options.words, options.namespace);
  const api = await connect(options.dataDir);
  try {
    const body = { apiVersion: 'gantry.io/v1', kind: 'Simulation', spec: { changes, suggest: options.suggest } };
    const answer = await api.json<Simulation>({ method: 'POST', path: '/apis/gantry.io/v1/simulations', body });
    if (options.output === 'json') terminal.line(JSON.stringify(answer, undefined, 2));
    else if (options.output === 'yaml') terminal.line(stringify(answer).trimEnd());
    else if (answer.status) printAnswer(terminal, answer.status);
  } finally {
    api.close();
  }
}

function printAnswer(terminal: Terminal, status: SimulationStatus): void {
  for (const [index, sentence] of status.summary.entries()) {
    terminal.line(index === 0 ? terminal.bold(sentence) : sentence);
  }
  const touched = status.nodes.filter(
    ({ change, before, after }) =>
      change !== 'none' || before.pods !== after.pods || before.cpuMilli !== after.cpuMilli,
  );
  if (touched.length > 0) {
    terminal.line();
    const rows = touched
      .slice(0, 50)
      .map(({ name, change, allocatable, before, after }) => [
        change === 'none' ? name : `${name} (${change})`,
        `${formatCpuMilli(before.cpuMilli)} -> ${formatCpuMilli(after.cpuMilli)} of ${formatCpuMilli(allocatable.cpuMilli)}`,
        `${formatBytes(before.memoryBytes)} -> ${formatBytes(after.memoryBytes)} of ${formatBytes(allocatable.memoryBytes)}`,
        `${before.pods} -> ${after.pods}`,
      ]);
    printColumns(terminal, [['NODE', 'CPU REQUESTED', 'MEMORY REQUESTED', 'PODS'], ...rows]);
    if (touched.length > 50) terminal.line(`and ${touched.length - 50} more nodes: -o json lists all`);
  }
  if (status.fixes && status.counts.waiting > 0) printFixes(terminal, status.fixes);
  terminal.line(terminal.dim(`simulated in ${status.durationMs} ms; nothing was changed`));
}

function printFixes(terminal: Terminal, fixes: readonly SimulationFix[]): void {
  terminal.line();
  if (fixes.length === 0) return terminal.line('no fix was found that the scheduler would accept');
  terminal.line(terminal.bold('what would help (each was simulated):'));
  for (const { text, command } of fixes) {
    terminal.line(`- ${text}`);
    terminal.line(terminal.dim(`  ${command}`));
  }
}
