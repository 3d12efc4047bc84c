/** Who calls, after authentication. The names follow Kubernetes: `system:masters`, `system:node:<name>`. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly role: Role;
  readonly uid?: string;
  /** What else is known of the credential, as TokenReview and SelfSubjectReview show it. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type Role =
  /** Everything. */
  | { readonly type: 'admin' }
  /** get, list and watch of everything but Secrets. */
  | { readonly type: 'read-only' }
  /** An agent's credential: its session, and over the API only its own Node and the pods bound to it, read-only. */
  | { readonly type: 'node'; readonly nodeName: string }
  /** A pod's credential: everything but the Secrets and tokens of other namespaces, until RBAC objects are enforced. */
  | { readonly type: 'service-account'; readonly namespace: string }
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

/** A service account, which pods act as. */
export function serviceAccountUser(namespace: string, name: string, details: Pick<User, 'uid' | 'extra'> = {}): User {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    role: { type: 'service-account', namespace },
    ...details,
  };
}

/**
 * The user that a name and groups stand for, where somebody speaks about or for another. There are no rules for users by
 * name, so only service accounts and those in `system:masters` have rights.
 */
export function userNamed(name: string, groups: readonly string[]): User {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name) ?? [];
  if (namespace && account) return serviceAccountUser(namespace, account);
  const role = groups.includes('system:masters') ? ({ type: 'admin' } as const) : ({ type: 'none' } as const);
  return { name, groups: [...groups, 'system:authenticated'], role };
}
