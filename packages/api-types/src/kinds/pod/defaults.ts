import type { Container, ContainerPort, PodSpec, Probe } from '../../generated/types.ts';
import { canonicaliseQuantities, fillRequestsFromLimits } from '../resource-lists.ts';
import { defaultPullPolicy } from './pull-policy.ts';
import { setVolumeDefaults } from './volume-defaults.ts';

/**
 * Fills in a pod spec, in a pod or in a template, what Kubernetes shows on GET. Templates get neither service links nor
 * requests from limits: these are for pods alone ({@link setPodOnlyDefaults}).
 */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.containers ??= [];
  spec.volumes?.forEach(setVolumeDefaults);
  forEachContainer(spec, setContainerDefaults);
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= 'ClusterFirst';
  setServiceAccountDefaults(spec);
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  if (spec.hostNetwork) forEachContainer(spec, (container) => container.ports?.forEach(setHostPort));
  if (spec.overhead) canonicaliseQuantities(spec.overhead);
  if (spec.resources) canonicaliseRequirements(spec.resources);
}

/** What Kubernetes fills in pods but leaves out of templates. */
export function setPodOnlyDefaults(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  spec.containers?.forEach(fillContainerRequests);
  spec.initContainers?.forEach(fillContainerRequests);
}

function fillContainerRequests(container: Container): void {
  if (container.resources?.limits) fillRequestsFromLimits(container.resources);
}

function forEachContainer(spec: PodSpec, visit: (container: Container) => void): void {
  spec.initContainers?.forEach(visit);
  spec.containers?.forEach(visit);
  spec.ephemeralContainers?.forEach(visit);
}

/** `serviceAccount` is the old name of `serviceAccountName`; Kubernetes keeps both equal. */
function setServiceAccountDefaults(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

/** On the host's network a container port is a port of the host. */
function setHostPort(port: ContainerPort): void {
  port.hostPort ||= port.containerPort;
}

function setContainerDefaults(container: Container): void {
  container.ports?.forEach(setPortDefaults);
  container.env?.forEach((variable) => {
    const from = variable.valueFrom;
    if (from?.fieldRef) from.fieldRef.apiVersion ||= 'v1';
    if (from?.resourceFieldRef) from.resourceFieldRef.divisor ??= '0';
    if (from?.fileKeyRef) from.fileKeyRef.optional ??= false;
  });
  container.resources ??= {};
  canonicaliseRequirements(container.resources);
  if (container.livenessProbe) setProbeDefaults(container.livenessProbe);
  if (container.readinessProbe) setProbeDefaults(container.readinessProbe);
  if (container.startupProbe) setProbeDefaults(container.startupProbe);
  if (container.lifecycle?.postStart?.httpGet) setHttpGetDefaults(container.lifecycle.postStart.httpGet);
  if (container.lifecycle?.preStop?.httpGet) setHttpGetDefaults(container.lifecycle.preStop.httpGet);
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '');
}

function canonicaliseRequirements(resources: NonNullable<Container['resources']>): void {
  if (resources.limits) canonicaliseQuantities(resources.limits);
  if (resources.requests) canonicaliseQuantities(resources.requests);
}

function setPortDefaults(port: ContainerPort): void {
  port.protocol ||= 'TCP';
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) setHttpGetDefaults(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= '';
}

function setHttpGetDefaults(action: NonNullable<Probe['httpGet']>): void {
  action.path ||= '/';
  action.scheme ||= 'HTTP';
}
