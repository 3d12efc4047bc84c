/**
 * How pods are connected: by the agent, with routes to other hosts chosen for each (`auto`) or all of one sort, or by
 * the engine's own bridge (`engine`), which reaches pods of this host only.
 */
export type NetworkMode = 'auto' | 'routes' | 'vxlan' | 'engine';

export const networkModes: readonly NetworkMode[] = ['auto', 'routes', 'vxlan', 'engine'];
