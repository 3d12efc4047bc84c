/** Why one pod was placed where it is, or why it waits: kept for the dashboard and `what-if`. Plain JSON. */
export interface SchedulingDecision {
  readonly podKey: string;
  readonly podUid: string;
  /** RFC 3339. */
  readonly at: string;
  readonly outcome: 'bound' | 'unschedulable';
  /** The chosen node, for `bound`. */
  readonly nodeName?: string;
  /** Kubernetes' sentence, for `unschedulable`. */
  readonly message?: string;
  /** How often this pod was tried, this time included. */
  readonly attempts: number;
  readonly durationMs: number;
  /** Nodes looked at, best first; capped (`nodesTotal` says how many there were). */
  readonly nodes: readonly NodeVerdict[];
  readonly nodesTotal: number;
}

export interface NodeVerdict {
  readonly nodeName: string;
  readonly isFeasible: boolean;
  /** Refusals, one per failing filter plugin that was asked. */
  readonly refusals: readonly FilterRefusal[];
  /** Weighted scores by plugin, 0 to 100 times weight; only for feasible nodes. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly totalScore?: number;
}

export interface FilterRefusal {
  readonly plugin: string;
  /** Kubernetes' reason text, e.g. `Insufficient cpu`. */
  readonly reason: string;
  /** The same for this very node, in words: what the pod wants and what the node has. */
  readonly detail?: string;
  /** For resource refusals: the amounts, cpu in milli-cpu, memory in bytes, other resources in units. */
  readonly resource?: string;
  readonly need?: number;
  readonly free?: number;
  readonly short?: number;
}
