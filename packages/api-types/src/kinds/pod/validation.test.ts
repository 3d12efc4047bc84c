import { describe, expect, it } from 'vitest';
import type { Container, Pod, PodSpec } from '../../generated/types.ts';
import { podKind } from '../pod.ts';

const image = 'example/app:1';

/** The errors of a pod as a client sends it: defaulted first, as the server does. */
function textsOf(spec: Partial<PodSpec>): string[] {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { containers: [{ name: 'c', image }], ...spec },
    status: {},
  };
  podKind.setDefaults(pod);
  return podKind.validate(pod).map((error) => `${error.field}: ${error.message}`);
}

function containerTexts(container: Partial<Container>): string[] {
  return textsOf({ containers: [{ name: 'c', image, ...container }] });
}

const c0 = 'spec.containers[0]';

describe('a pod', () => {
  it('may use all the ordinary fields', () => {
    const probe = { httpGet: { path: '/', port: 'http', httpHeaders: [{ name: 'X-A', value: 'b' }] } };
    const container: Container = {
      name: 'c',
      image,
      ports: [{ name: 'http', containerPort: 80 }],
      env: [
        { name: 'A', value: '$(B)' },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
        { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'E', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      ],
      envFrom: [{ configMapRef: { name: 'c' }, prefix: 'P_' }],
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.2', 'example.com/gpu': '1' } },
      livenessProbe: probe,
      readinessProbe: { tcpSocket: { port: 80 } },
      startupProbe: { grpc: { port: 80 } },
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
      volumeMounts: [
        { name: 'tmp', mountPath: '/tmp' },
        { name: 'cfg', mountPath: '/etc/cfg', subPath: 'a/b' },
      ],
      securityContext: { runAsUser: 0, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
    };
    const errors = textsOf({
      containers: [container],
      initContainers: [
        { name: 'init', image },
        { name: 'sidecar', image, restartPolicy: 'Always', readinessProbe: { exec: { command: ['true'] } } },
      ],
      volumes: [
        { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
        { name: 'cfg', configMap: { name: 'cm', items: [{ key: 'a', path: 'b/c', mode: 0o400 }] } },
        { name: 'disk', awsElasticBlockStore: { volumeID: 'vol-1' } },
        { name: 'claim', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ operator: 'Exists' }, { key: 'a', effect: 'NoExecute', tolerationSeconds: 1 }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'z', operator: 'In', values: ['a'] }] }],
          },
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 1, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: {} } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {}, minDomains: 2 },
      ],
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['db.local'] }],
      securityContext: { fsGroup: 1000, supplementalGroups: [1, 2], seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(errors).toEqual([]);
  });

  it.each<[Partial<PodSpec>, string[]]>([
    [{ containers: [] }, ['spec.containers: Required value']],
    [
      { restartPolicy: 'Sometimes' },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      {
        containers: [
          { name: 'a', image },
          { name: 'a', image },
        ],
      },
      ['spec.containers[1].name: Duplicate value: "a"'],
    ],
    [{ initContainers: [{ name: 'c', image }] }, ['spec.initContainers[0].name: Duplicate value: "c"']],
    [
      { initContainers: [{ name: 'i', image, livenessProbe: { exec: { command: ['x'] } } }] },
      [
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [{ volumes: [{ name: 'v', secret: {} }] }, ['spec.volumes[0].secret.secretName: Required value']],
    [
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/../a' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      { volumes: [{ name: 'v', hostPath: { path: '/a/../b', type: 'Dir' } }] },
      [
        `spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
        'spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    [
      { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 512 } }] },
      [
        'spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [
      { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] },
      [`spec.tolerations[0].operator: Invalid value: "b": value must be empty when \`operator\` is 'Exists'`],
    ],
    [
      { tolerations: [{ key: 'a', effect: 'Never' }] },
      [
        'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
    [
      { tolerations: [{ key: 'a', tolerationSeconds: 5 }] },
      [`spec.tolerations[0].effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`],
    ],
    [
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Maybe' }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] }],
            },
          },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
      ],
    ],
    [
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      { securityContext: { runAsUser: -1 } },
      ['spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 4294967295, inclusive'],
    ],
    [{ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
    [
      { hostAliases: [{ ip: '300.1.1.1' }] },
      [
        'spec.hostAliases[0].ip: Invalid value: "300.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
  ])('with %o is refused', (spec, texts) => {
    expect(textsOf(spec)).toEqual(texts);
  });
});

describe('a container', () => {
  const resources = `${c0}.resources`;
  it.each<[Partial<Container>, string[]]>([
    [{ image: '' }, [`${c0}.image: Required value`]],
    [{ image: ' a' }, [`${c0}.image: Invalid value: " a": must not have leading or trailing whitespace`]],
    [
      { imagePullPolicy: 'Maybe' },
      [`${c0}.imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"`],
    ],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1000m' } } },
      [`${resources}.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
    ],
    [
      { resources: { requests: { memory: '-1' } } },
      [`${resources}.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`],
    ],
    [
      { resources: { limits: { memory: 'lots' } } },
      [
        `${resources}.limits[memory]: Invalid value: "lots": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
        `${resources}.requests[memory]: Invalid value: "lots": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
      ],
    ],
    [
      { resources: { requests: { gpu: '1' } } },
      [
        `${resources}.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `${resources}.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ],
    ],
    [
      { resources: { requests: { 'example.com/gpu': '1' } } },
      [`${resources}.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    [
      { resources: { limits: { 'example.com/gpu': '500m' } } },
      [
        `${resources}.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
        `${resources}.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
      ],
    ],
    [
      { ports: [{ containerPort: 70_000 }] },
      [`${c0}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      {
        ports: [
          { name: 'a', containerPort: 80, hostPort: 80 },
          { name: 'a', containerPort: 81, hostPort: 80 },
        ],
      },
      [`${c0}.ports[1].name: Duplicate value: "a"`, `${c0}.ports[1].hostPort: Duplicate value: "TCP//80"`],
    ],
    [{ env: [{ name: '' }] }, [`${c0}.env[0].name: Required value`]],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      [`${c0}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.what' } } }] },
      [
        `${c0}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.what": error converting fieldPath: field label not supported: spec.what`,
      ],
    ],
    [{ envFrom: [{}] }, [`${c0}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``]],
    [{ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, [`${c0}.volumeMounts[0].name: Not found: "v"`]],
    [{ livenessProbe: {} }, [`${c0}.livenessProbe: Required value: must specify a handler type`]],
    [
      { readinessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } },
      [`${c0}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      { livenessProbe: { exec: { command: ['a'] }, successThreshold: 2, periodSeconds: -1 } },
      [
        `${c0}.livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`,
        `${c0}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
      ],
    ],
    [
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      [
        `${c0}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`,
      ],
    ],
    [
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      [
        `${c0}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
      ],
    ],
  ])('with %o is refused', (container, texts) => {
    expect(containerTexts(container)).toEqual(texts);
  });
});
