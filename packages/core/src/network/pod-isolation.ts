import type { ResolvedPolicy, ResolvedPort, ResolvedRule } from '@gantry/api-types/resolved-policy';
import { compileLabelSelector, type Labels } from '@gantry/api-types/selector';
import type { PolicyPod } from './network-policy.ts';

/** A port, or a range of ports, with its number; absent for all ports of the protocol. */
export type NumberedPort = Omit<ResolvedPort, 'name'>;

/** As {@link ResolvedRule}, with numbers for names. */
export interface AllowRule {
  readonly peers?: NonNullable<ResolvedRule['peers']>;
  readonly ports?: readonly NumberedPort[];
}

/** What may reach a pod and what it may reach; a direction that is absent is not restricted. */
export interface PodIsolation {
  readonly ip: string;
  readonly ingress?: readonly AllowRule[];
  readonly egress?: readonly AllowRule[];
}

/**
 * What the policies mean for these pods: a direction is restricted by the first policy that selects the pod for it, and
 * then allows what any of them allows. Pods that no policy selects are left out. Pure.
 */
export function isolatePods(pods: readonly PolicyPod[], policies: readonly ResolvedPolicy[]): readonly PodIsolation[] {
  const compiled = policies.map((policy) => ({ policy, selector: compileLabelSelector(policy.podSelector) }));
  return pods.flatMap((pod) => {
    const own = compiled.filter(
      ({ policy, selector }) => policy.namespace === pod.namespace && selector.matches(pod.labels),
    );
    return pod.ips.flatMap(
      (ip) =>
        isolationOf(
          pod,
          ip,
          own.map(({ policy }) => policy),
        ) ?? [],
    );
  });
}

/** Whether a policy selects the pod for either direction. */
export function isIsolated(pod: { namespace: string; labels: Labels }, policies: readonly ResolvedPolicy[]): boolean {
  return policies.some(
    (policy) => policy.namespace === pod.namespace && compileLabelSelector(policy.podSelector).matches(pod.labels),
  );
}

function isolationOf(pod: PolicyPod, ip: string, policies: readonly ResolvedPolicy[]): PodIsolation | undefined {
  const ingress = policies.flatMap(({ ingress: rules }) => (rules ? [rules] : []));
  const egress = policies.flatMap(({ egress: rules }) => (rules ? [rules] : []));
  if (ingress.length + egress.length === 0) return undefined;
  return {
    ip,
    ...(ingress.length > 0 ? { ingress: ingress.flat().flatMap((rule) => numberPorts(rule, pod) ?? []) } : {}),
    ...(egress.length > 0 ? { egress: egress.flat().flatMap((rule) => numberPorts(rule, pod) ?? []) } : {}),
  };
}

/** Undefined where all ports of the rule are names that the pod does not have: it allows nothing then. */
function numberPorts({ peers, ports }: ResolvedRule, pod: PolicyPod): AllowRule | undefined {
  const base = peers ? { peers } : {};
  if (!ports) return base;
  const numbered = ports.flatMap(({ name, ...port }): NumberedPort[] => {
    if (name === undefined) return [port];
    return pod.ports
      .filter((own) => own.name === name && own.protocol.toLowerCase() === port.protocol)
      .map((own) => ({ protocol: port.protocol, port: own.port }));
  });
  return numbered.length > 0 ? { ...base, ports: numbered } : undefined;
}
