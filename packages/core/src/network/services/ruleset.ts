import type { Backend, Frontend, ServicePlan } from './plan-service.ts';

/** What the node's data path should be, or is: frontends by where they count and their key. */
export interface Ruleset {
  /** `anywhere 10.96.0.1 . tcp . 80`. */
  readonly frontends: ReadonlyMap<string, Frontend>;
  readonly localIps: ReadonlySet<string>;
}

export const emptyRuleset: Ruleset = { frontends: new Map(), localIps: new Set() };

export interface RulesetChange {
  readonly set: readonly { readonly frontend: Frontend; readonly before?: Backend }[];
  readonly remove: readonly Frontend[];
  readonly addIps: readonly string[];
  readonly removeIps: readonly string[];
  /** By name; `before` holds the endpoints it had. */
  readonly setAffinities: readonly { readonly backend: AffineBackend; readonly before: readonly string[] }[];
  readonly removeAffinities: readonly AffineBackend[];
}

/** A backend that remembers its clients; several frontends may share it. */
export type AffineBackend = Backend & { readonly affinity: NonNullable<Backend['affinity']> };

/**
 * Puts the Services' plans together. A frontend that two ask for is the older Service's. `isFree` says whether a port
 * of the host that a frontend needs is free. Pure.
 */
export function assembleRuleset(
  plans: Iterable<ServicePlan>,
  isFree: (frontend: Frontend) => boolean = () => true,
): Ruleset {
  const frontends = new Map<string, Frontend>();
  const ranks = new Map<string, string>();
  const localIps = new Set<string>();
  for (const plan of plans) {
    for (const ip of plan.localIps) localIps.add(ip);
    for (const frontend of plan.frontends) {
      const key = `${frontend.from} ${frontend.key}`;
      const rank = ranks.get(key);
      if ((rank !== undefined && rank <= plan.rank) || (frontend.needsFreePort && !isFree(frontend))) continue;
      ranks.set(key, plan.rank);
      frontends.set(key, frontend);
    }
  }
  return { frontends, localIps };
}

/** What turns `before` into `after`. Frontends that did not change are the same object as a rule, so this is cheap. Pure. */
export function diffRulesets(before: Ruleset, after: Ruleset): RulesetChange {
  const set: { frontend: Frontend; before?: Backend }[] = [];
  for (const [key, frontend] of after.frontends) {
    const old = before.frontends.get(key);
    if (old === frontend || (old && isSameBackend(old.backend, frontend.backend))) continue;
    set.push({ frontend, ...(old ? { before: old.backend } : {}) });
  }
  const [had, has] = [affinitiesOf(before), affinitiesOf(after)];
  return {
    set,
    setAffinities: [...has].flatMap(([name, backend]) => {
      const old = had.get(name);
      return old && isSameBackend(old, backend) ? [] : [{ backend, before: old?.endpoints ?? [] }];
    }),
    removeAffinities: [...had].flatMap(([name, backend]) => (has.has(name) ? [] : [backend])),
    remove: [...before.frontends].flatMap(([key, frontend]) => (after.frontends.has(key) ? [] : [frontend])),
    addIps: [...after.localIps].filter((ip) => !before.localIps.has(ip)),
    removeIps: [...before.localIps].filter((ip) => !after.localIps.has(ip)),
  };
}

/** The backends with endpoints that remember their clients, by the name of the affinity. */
export function affinitiesOf({ frontends }: Ruleset): ReadonlyMap<string, AffineBackend> {
  const found = new Map<string, AffineBackend>();
  for (const { backend } of frontends.values()) {
    if (isAffine(backend)) found.set(backend.affinity.name, backend);
  }
  return found;
}

export function isAffine(backend: Backend): backend is AffineBackend {
  return backend.affinity !== undefined && backend.endpoints.length > 0;
}

/** Whether there is nothing to do. */
export function isEmptyChange(change: RulesetChange): boolean {
  return Object.values(change).every((list: readonly unknown[]) => list.length === 0);
}

function isSameBackend(a: Backend, b: Backend): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
