import type { Rebalance, RebalancePlan, RebalancePlanStatus } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { ApiConnection } from '../api/api-connection.ts';
import { connect } from '../api/kubeconfig.ts';
import { printColumns } from '../output/columns.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface RebalanceOptions {
  readonly dataDir: string;
  /** Move everything off this node. */
  readonly empty?: string;
  readonly maxMoves?: number;
  /** Without it only the preview. */
  readonly apply: boolean;
  readonly output?: 'json';
}

const root = '/apis/gantry.io/v1';
const pollMs = 500;

/** `gantry rebalance`: which pods would move, and on request their moves, followed to the end. Ctrl-C cancels. */
export async function rebalance(terminal: Terminal, options: RebalanceOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const spec = {
      ...(options.empty === undefined ? {} : { emptyNode: options.empty }),
      ...(options.maxMoves === undefined ? {} : { maxMoves: options.maxMoves }),
    };
    const body = { apiVersion: 'gantry.io/v1', kind: 'RebalancePlan', spec };
    const plan = await api.json<RebalancePlan>({ method: 'POST', path: `${root}/rebalanceplans`, body });
    if (options.output === 'json') terminal.line(JSON.stringify(plan, undefined, 2));
    else if (plan.status) printPlan(terminal, plan.status, options.apply);
    if (options.apply && plan.status?.moves.length) await carryOut(terminal, api, spec);
  } finally {
    api.close();
  }
}

function printPlan(terminal: Terminal, plan: RebalancePlanStatus, isApplied: boolean): void {
  for (const [index, sentence] of plan.summary.entries()) {
    terminal.line(index === 0 ? terminal.bold(sentence) : sentence);
  }
  if (plan.moves.length > 0) {
    terminal.line();
    const rows = plan.moves.map(({ pod, from, to, cpuMilli, memoryBytes }) => [
      pod,
      from,
      to,
      formatCpuMilli(cpuMilli),
      formatBytes(memoryBytes),
    ]);
    printColumns(terminal, [['POD', 'FROM', 'TO', 'CPU', 'MEMORY'], ...rows]);
  }
  if (!isApplied)
    terminal.line(terminal.dim('a preview; --apply moves the pods, one after the other within their budgets'));
}

async function carryOut(terminal: Terminal, api: ApiConnection, spec: object): Promise<void> {
  const body = { apiVersion: 'gantry.io/v1', kind: 'Rebalance', metadata: { generateName: 'rebalance-' }, spec };
  const created = await api.json<Rebalance>({ method: 'POST', path: `${root}/rebalances`, body });
  const path = `${root}/rebalances/${created.metadata.name}`;
  terminal.line();
  let isCancelled = false;
  const cancel = () => {
    isCancelled = true;
  };
  process.on('SIGINT', cancel);
  try {
    for (let isAsked = false; ; ) {
      const { status } = await api.json<Rebalance>({ path });
      if (isOver(terminal, status)) return;
      if (isCancelled && !isAsked) {
        const patch = { spec: { cancelled: true } };
        await api.json({ method: 'PATCH', path, body: patch, contentType: 'application/merge-patch+json' });
        isAsked = true;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } finally {
    process.off('SIGINT', cancel);
  }
}

/** Tells how far it is; true at the end. Throws `UserError` where it failed. */
function isOver(terminal: Terminal, { phase, message = '', moved, total }: Rebalance['status']): boolean {
  if (phase === 'Failed') throw new UserError(message);
  if (phase === 'Completed' || phase === 'Cancelled') {
    terminal.line(`${phase.toLowerCase()}: ${message}`);
    return true;
  }
  terminal.progress(`${moved}/${total} ${message}`);
  return false;
}
