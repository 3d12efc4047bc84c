/** Who calls, after authentication. The names follow Kubernetes: `system:masters`, `system:node:<name>`. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly role: Role;
}

export type Role =
  /** Everything. */
  | { readonly type: 'admin' }
  /** get, list and watch of everything but Secrets. */
  | { readonly type: 'read-only' }
  /** An agent's credential: its session, and over the API only its own Node and the pods bound to it, read-only. */
  | { readonly type: 'node'; readonly nodeName: string }
  /** No rights beyond discovery. */
  | { readonly type: 'none' };

/** The user of the cluster's first kubeconfig. */
export const adminUser: User = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
  role: { type: 'admin' },
};

/** The user of the node's agent. */
export function nodeUser(nodeName: string): User {
  return {
    name: `system:node:${nodeName}`,
    groups: ['system:nodes', 'system:authenticated'],
    role: { type: 'node', nodeName },
  };
}

/** A user that may look but not touch, e.g. for a wall display. */
export function readOnlyUser(name: string): User {
  return { name, groups: ['system:authenticated'], role: { type: 'read-only' } };
}
