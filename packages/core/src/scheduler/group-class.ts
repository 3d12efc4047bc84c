import type {
  LabelSelector,
  LabelSelectorRequirement,
  Pod,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '@gantry/api-types';
import { compileLabelSelector } from '@gantry/api-types/selector';
import type { AffinityTerm, GroupClass, PodSelector, SpreadConstraint } from './pod-classes.ts';

type Labels = Readonly<Record<string, string>>;

/** Parses the part of a pod that decides how it relates to other pods. Throws on an unknown selector operator. */
export function parseGroupClass(pod: Pod, key: string, id: number): GroupClass {
  const namespace = pod.metadata.namespace ?? 'default';
  const labels = pod.metadata.labels ?? {};
  const ownerUid = pod.metadata.ownerReferences?.find((reference) => reference.controller)?.uid;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const term = (source: PodAffinityTerm, weight: number): AffinityTerm => ({
    matcher: { selectors: [parseTermSelector(source, namespace, labels)] },
    topologyKey: source.topologyKey,
    weight,
  });
  const required = (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) => term(t, 1));
  const preferred = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const avoided = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    id,
    key,
    namespace,
    labels,
    ownerUid,
    requiredAffinity:
      required.length === 0
        ? undefined
        : {
            matcher: { selectors: required.flatMap((t) => t.matcher.selectors) },
            topologyKeys: required.map((t) => t.topologyKey),
          },
    requiredAffinityTerms: required,
    requiredAntiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((t) =>
      term(t, 1),
    ),
    preferredAffinity: [
      ...preferred.map((t) => term(t.podAffinityTerm, t.weight)),
      ...avoided.map((t) => term(t.podAffinityTerm, -t.weight)),
    ],
    ...parseSpread(pod.spec.topologySpreadConstraints ?? [], { namespace, labels, ownerUid }),
  };
}

function parseTermSelector(term: PodAffinityTerm, namespace: string, labels: Labels): PodSelector {
  const own = !term.namespaces?.length && !term.namespaceSelector;
  return {
    namespaces: own ? [namespace] : (term.namespaces ?? []),
    namespaceSelector: compileLabelSelector(term.namespaceSelector),
    labels: compileLabelSelector(
      narrow(term.labelSelector, [
        ...keyRequirements(term.matchLabelKeys, labels, 'In'),
        ...keyRequirements(term.mismatchLabelKeys, labels, 'NotIn'),
      ]),
    ),
  };
}

function narrow(
  selector: LabelSelector | undefined,
  more: readonly LabelSelectorRequirement[],
): LabelSelector | undefined {
  return selector && { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...more] };
}

/** `matchLabelKeys`: conditions with the pod's own values; keys the pod lacks are ignored. */
function keyRequirements(
  keys: readonly string[] | undefined,
  labels: Labels,
  operator: 'In' | 'NotIn',
): LabelSelectorRequirement[] {
  return (keys ?? []).flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}

/**
 * The pod's own constraints by kind; without any, Kubernetes' built-in ones: replicas of one controller are spread
 * softly over hosts (max skew 3) and zones (max skew 5).
 */
function parseSpread(
  constraints: readonly TopologySpreadConstraint[],
  pod: { namespace: string; labels: Labels; ownerUid: string | undefined },
): { hardSpread: readonly SpreadConstraint[]; softSpread: readonly SpreadConstraint[] } {
  if (constraints.length === 0) return { hardSpread: [], softSpread: pod.ownerUid ? defaultSpread(pod.ownerUid) : [] };
  const parsed = constraints.map((source): [string, SpreadConstraint] => {
    const labels = compileLabelSelector(
      narrow(source.labelSelector, keyRequirements(source.matchLabelKeys, pod.labels, 'In')),
    );
    const constraint: SpreadConstraint = {
      maxSkew: source.maxSkew,
      topologyKey: source.topologyKey,
      minDomains: source.minDomains ?? 1,
      matcher: {
        selectors: [{ namespaces: [pod.namespace], namespaceSelector: compileLabelSelector(undefined), labels }],
      },
      matchesSelf: labels.matches(pod.labels),
      honorsAffinity: source.nodeAffinityPolicy !== 'Ignore',
      honorsTaints: source.nodeTaintsPolicy === 'Honor',
      isDefault: false,
    };
    return [source.whenUnsatisfiable, constraint];
  });
  const ofKind = (isSoft: boolean) =>
    parsed.filter(([kind]) => (kind === 'ScheduleAnyway') === isSoft).map(([, constraint]) => constraint);
  return { hardSpread: ofKind(false), softSpread: ofKind(true) };
}

function defaultSpread(ownerUid: string): readonly SpreadConstraint[] {
  const matcher = { selectors: [], ownerUid };
  const shared = { matcher, minDomains: 1, matchesSelf: true, honorsAffinity: true, honorsTaints: false };
  return [
    { ...shared, maxSkew: 3, topologyKey: 'kubernetes.io/hostname', isDefault: true },
    { ...shared, maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone', isDefault: true },
  ];
}
