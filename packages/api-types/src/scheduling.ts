/** What the scheduler says about one node for one pod: in the decision log, and in the answers of simulations. */
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
