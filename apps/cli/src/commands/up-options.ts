/** The options of `gantry up`. */
export interface UpOptions {
  readonly dataDir: string;
  /** Absent: as many as the cluster of this data directory had, else three. */
  readonly nodes?: number;
  readonly nodeCpu?: string;
  readonly nodeMemory?: string;
  /** Absent: where the cluster of this data directory listened, else 127.0.0.1. */
  readonly address?: string;
  readonly port?: number;
  readonly dashboardPort?: number;
  readonly ingressPort?: number;
  readonly ingressTlsPort?: number;
  /** Absent: the controller's 15. */
  readonly hpaSyncPeriodSeconds?: number;
  readonly isDemo: boolean;
  readonly keepsContainers: boolean;
  readonly isDetached: boolean;
}
