import type { Pod } from '@gantry/api-types';
import { formatBytes } from '@gantry/api-types/quantity';
import { hugePageResource } from '@gantry/core/pod/huge-pages';
import { formatFieldPath } from './field-path.ts';

/**
 * What the agent does with a field: `true` carries it out, `'elsewhere'` is somebody else's (the scheduler's, the
 * controllers', or has no effect by its nature), an object goes into it, a function says what is not carried out of it.
 */
type Rule = true | 'elsewhere' | { readonly [field: string]: Rule } | ((value: unknown) => boolean);

const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

const keyOfObject = { key: true, name: true, optional: true } as const;
const keyToPath = { key: true, path: true, mode: true } as const;
const fieldRef = { apiVersion: true, fieldPath: true } as const;
const resourceFieldRef = { containerName: true, resource: true, divisor: true } as const;
const downwardItem = { path: true, mode: true, fieldRef, resourceFieldRef } as const;
const seccompProfile = { type: true, localhostProfile: true } as const;
const appArmorProfile = { type: true, localhostProfile: true } as const;
const seLinuxOptions = { user: true, role: true, type: true, level: true } as const;

const probe = {
  exec: { command: true },
  httpGet: { path: true, port: true, host: true, scheme: true, httpHeaders: true },
  tcpSocket: { port: true, host: true },
  grpc: { port: true, service: true },
  initialDelaySeconds: true,
  timeoutSeconds: true,
  periodSeconds: true,
  successThreshold: true,
  failureThreshold: true,
  terminationGracePeriodSeconds: true,
} as const satisfies Rule;

const hook = {
  exec: { command: true },
  httpGet: probe.httpGet,
  sleep: { seconds: true },
  // Not refused: it fails when the hook runs, as in Kubernetes.
  tcpSocket: 'elsewhere',
} as const satisfies Rule;

const containerBase = {
  name: true,
  image: true,
  command: true,
  args: true,
  workingDir: true,
  ports: { name: true, hostPort: true, hostIP: true, containerPort: true, protocol: true },
  envFrom: {
    prefix: true,
    configMapRef: { name: true, optional: true },
    secretRef: { name: true, optional: true },
  },
  env: {
    name: true,
    value: true,
    valueFrom: { fieldRef, resourceFieldRef, configMapKeyRef: keyOfObject, secretKeyRef: keyOfObject },
  },
  volumeMounts: {
    name: true,
    readOnly: true,
    mountPath: true,
    subPath: true,
    subPathExpr: true,
    mountPropagation: true,
    recursiveReadOnly: true,
  },
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  terminationMessagePath: true,
  terminationMessagePolicy: oneOf('File', 'FallbackToLogsOnError'),
  imagePullPolicy: true,
  resizePolicy: 'elsewhere',
  restartPolicy: true,
  restartPolicyRules: { action: oneOf('Restart'), exitCodes: true },
  lifecycle: { postStart: hook, preStop: hook, stopSignal: true },
  securityContext: {
    capabilities: { add: true, drop: true },
    privileged: true,
    runAsUser: true,
    runAsGroup: true,
    runAsNonRoot: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: true,
    procMount: oneOf('Default', 'Unmasked'),
    seccompProfile,
    appArmorProfile,
    seLinuxOptions,
  },
  stdin: true,
  stdinOnce: true,
  tty: true,
} as const satisfies Rule;

/** `more`: resources beside the usual ones. */
function containerRules(more: Readonly<Record<string, true>>) {
  const requests = { cpu: true, memory: true, 'ephemeral-storage': 'elsewhere', ...more } as const;
  const limits = { cpu: true, memory: true, 'ephemeral-storage': true, ...more } as const;
  return { ...containerBase, resources: { requests, limits } } as const satisfies Rule;
}

const volumeBase = {
  name: true,
  hostPath: { path: true, type: true },
  configMap: { name: true, items: keyToPath, defaultMode: true, optional: true },
  secret: { secretName: true, items: keyToPath, defaultMode: true, optional: true },
  downwardAPI: { items: downwardItem, defaultMode: true },
  persistentVolumeClaim: { claimName: true, readOnly: true },
  // Its claim is made by a controller.
  ephemeral: 'elsewhere',
  projected: {
    defaultMode: true,
    sources: {
      configMap: { name: true, items: keyToPath, optional: true },
      secret: { name: true, items: keyToPath, optional: true },
      downwardAPI: { items: downwardItem },
      serviceAccountToken: { audience: true, expirationSeconds: true, path: true },
    },
  },
} as const satisfies Rule;

function volumeRules(media: readonly string[]) {
  return {
    ...volumeBase,
    emptyDir: { medium: oneOf('', 'Memory', ...media), sizeLimit: true },
  } as const satisfies Rule;
}

const podSpecBase = {
  restartPolicy: true,
  terminationGracePeriodSeconds: true,
  activeDeadlineSeconds: true,
  dnsPolicy: oneOf('ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'),
  dnsConfig: { nameservers: true, searches: true, options: true },
  nodeSelector: 'elsewhere',
  nodeName: 'elsewhere',
  affinity: 'elsewhere',
  tolerations: 'elsewhere',
  topologySpreadConstraints: 'elsewhere',
  schedulerName: 'elsewhere',
  schedulingGates: 'elsewhere',
  priority: 'elsewhere',
  priorityClassName: 'elsewhere',
  preemptionPolicy: 'elsewhere',
  overhead: 'elsewhere',
  serviceAccountName: 'elsewhere',
  serviceAccount: 'elsewhere',
  enableServiceLinks: true,
  automountServiceAccountToken: 'elsewhere',
  securityContext: {
    runAsUser: true,
    runAsGroup: true,
    runAsNonRoot: true,
    supplementalGroups: true,
    supplementalGroupsPolicy: oneOf('Merge'),
    fsGroup: true,
    fsGroupChangePolicy: true,
    sysctls: true,
    seccompProfile,
    appArmorProfile,
    seLinuxOptions,
  },
  imagePullSecrets: true,
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  shareProcessNamespace: true,
  hostname: true,
  subdomain: true,
  setHostnameAsFQDN: true,
  hostAliases: true,
  readinessGates: true,
  os: { name: oneOf('linux') },
  hostUsers: oneOf(true),
} as const satisfies Rule;

/**
 * Every field of a pod's spec that an agent carries out or rightly leaves to others, on a node that has huge pages of
 * these sizes. What is not here is refused.
 */
function podSpecRules(hugePageSizes: readonly number[]): Rule {
  const container = containerRules(Object.fromEntries(hugePageSizes.map((size) => [hugePageResource(size), true])));
  const media = hugePageSizes.map((size) => `HugePages-${formatBytes(size)}`);
  return {
    ...podSpecBase,
    volumes: volumeRules(media.length > 0 ? ['HugePages', ...media] : []),
    initContainers: container,
    containers: container,
    ephemeralContainers: { ...container, targetContainerName: true },
  };
}

/**
 * Names the fields of the pod that this version does not carry out on a node with huge pages of these sizes, as the
 * message of its waiting reason; undefined where it carries out all of them. Pure.
 */
export function unsupportedFields(pod: Pod, hugePageSizes: readonly number[] = []): string | undefined {
  const found: string[] = [];
  const { volumes = [] } = pod.spec;
  collect(pod.spec, podSpecRules(hugePageSizes), ['spec'], found);
  // Here, the opposite of the default is false.
  if (pod.spec.hostUsers === false) found.push('spec.hostUsers: false');
  volumes.forEach((item, index) => {
    if (Object.keys(item).length === 1) found.push(`spec.volumes[${index}] (no source)`);
  });
  if (found.length === 0) return undefined;
  const fields = found.length === 1 ? 'a field' : 'fields';
  return `the pod sets ${fields} that this version of Gantry does not carry out yet: ${found.join(', ')}`;
}

function collect(value: unknown, rule: Rule | undefined, path: readonly (string | number)[], found: string[]): void {
  if (isUnset(value)) return;
  if (Array.isArray(value) && rule !== true && rule !== 'elsewhere') {
    value.forEach((item: unknown, index) => {
      collect(item, rule, [...path, index], found);
    });
    return;
  }
  if (rule === undefined) {
    found.push(formatFieldPath(path));
  } else if (typeof rule === 'function') {
    if (!rule(value)) found.push(`${formatFieldPath(path)}: ${JSON.stringify(value)}`);
  } else if (typeof rule === 'object' && typeof value === 'object') {
    for (const [name, item] of Object.entries(value as object)) collect(item, rule[name], [...path, name], found);
  }
}

/** Not set, or set to what it is when it is not set. */
function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return true;
  return Array.isArray(value) && value.length === 0;
}
