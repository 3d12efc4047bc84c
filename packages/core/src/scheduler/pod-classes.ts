import type { Toleration } from '@gantry/api-types';
import type { CompiledSelector } from '@gantry/api-types/selector';
import type { PodRequests } from './pod-requests.ts';
import type { NodeTerm, Requirement } from './requirements.ts';

/**
 * What decides whether and how well a pod fits a node, leaving out other pods' labels. Pods of one template share one
 * object, so verdicts per node can be kept per class instead of per pod.
 */
export interface FitClass extends PodRequests {
  readonly id: number;
  readonly nodeSelector: readonly Requirement[];
  /** Alternatives of the required node affinity; undefined where the pod has none. */
  readonly requiredNodeTerms: readonly NodeTerm[] | undefined;
  readonly preferredNodeTerms: readonly { readonly weight: number; readonly term: NodeTerm }[];
  /** The only nodes that the required affinity can match, where its terms name them (`metadata.name`, daemon pods). */
  readonly namedNodes: ReadonlySet<string> | undefined;
  readonly tolerations: readonly Toleration[];
  readonly hostPorts: readonly HostPort[];
  /** Normalised image names, one per container and init container. */
  readonly images: readonly string[];
}

export interface HostPort {
  readonly protocol: string;
  readonly port: number;
  /** `0.0.0.0` for all addresses. */
  readonly address: string;
}

/** What decides how pods relate to each other: who counts for whose affinity and spreading. Shared as {@link FitClass}. */
export interface GroupClass {
  readonly id: number;
  /** Equal for equal content, also across class factories. */
  readonly key: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Uid of the controller that owns the pods; its replicas are spread by default. */
  readonly ownerUid: string | undefined;
  /** One matcher for all required affinity terms: a pod counts only if it meets every term. */
  readonly requiredAffinity: { readonly matcher: PodMatcher; readonly topologyKeys: readonly string[] } | undefined;
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  /** Preferred affinity (positive weight) and anti-affinity (negative weight). */
  readonly preferredAffinity: readonly AffinityTerm[];
  /** Required affinity terms as Kubernetes counts them for scoring other pods. */
  readonly requiredAffinityTerms: readonly AffinityTerm[];
  readonly hardSpread: readonly SpreadConstraint[];
  readonly softSpread: readonly SpreadConstraint[];
}

/** A pod matches if it meets every selector. Held by identity: the snapshot remembers what each matcher selects. */
export interface PodMatcher {
  readonly selectors: readonly PodSelector[];
  /** Instead of selectors: the pods of one controller. */
  readonly ownerUid?: string;
}

export interface PodSelector {
  readonly namespaces: readonly string[];
  /** Namespaces by their labels, beside `namespaces`. */
  readonly namespaceSelector: CompiledSelector;
  readonly labels: CompiledSelector;
}

export interface AffinityTerm {
  readonly matcher: PodMatcher;
  readonly topologyKey: string;
  /** 1 for required terms. */
  readonly weight: number;
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly minDomains: number;
  readonly matcher: PodMatcher;
  /** Whether the pod itself counts for its constraint. */
  readonly matchesSelf: boolean;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
  /** Kubernetes' default constraints do not exclude nodes that lack the topology key. */
  readonly isDefault: boolean;
}
