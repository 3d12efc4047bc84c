export const canaryImage = 'gantry-e2e/canary:1';
const image = canaryImage;
const yaml = 'application/yaml';
export const podsPath = '/api/v1/namespaces/default/pods';
export const deploymentsPath = '/apis/apps/v1/namespaces/default/deployments';

/** A request that no server should carry out, and the answer. */
export interface BadRequest {
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer | object;
  readonly type?: string;
  readonly code: number;
  readonly reason: string;
  readonly message: string | RegExp;
}

/** What must notice nothing: a probe runs in each of its pods every two seconds. */
export const canary = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'canary' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'canary' } },
    template: {
      metadata: { labels: { app: 'canary' } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: 'canary',
            image,
            resources: { requests: { cpu: '10m', memory: '16Mi' } },
            livenessProbe: { exec: { command: ['true'] }, periodSeconds: 2 },
          },
        ],
      },
    },
  },
};

function podOf(container: object, name = 'bad'): object {
  const containers = [{ name: 'main', image, ...container }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } };
}

function deploymentOf(spec: object): object {
  const labels = { app: 'bad' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'bad' },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

/** Eight aliases of eight aliases of …: a few hundred bytes that stand for a million. */
function yamlBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 8; i += 1)
    lines.push(
      `a${i}: &a${i} [${Array(8)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}

const unrecognized = /^the object provided is unrecognized \(must be of type Pod\): /;
/** Requests against a cluster that has the Deployment {@link canary}, and what Kubernetes answers. */
export const badRequests: readonly BadRequest[] = [
  {
    what: 'JSON that ends too early',
    path: podsPath,
    body: '{"kind":',
    code: 400,
    reason: 'BadRequest',
    message: unrecognized,
  },
  {
    what: 'malformed YAML',
    path: podsPath,
    body: 'a: [1,\n b: }',
    type: yaml,
    code: 400,
    reason: 'BadRequest',
    message: /error converting YAML to JSON: yaml: /,
  },
  {
    what: 'YAML that would grow without bound',
    path: podsPath,
    body: yamlBomb(),
    type: yaml,
    code: 400,
    reason: 'BadRequest',
    message: /error converting YAML to JSON: yaml: /,
  },
  {
    what: 'JSON that is nested too deeply',
    path: podsPath,
    body: '['.repeat(200_000),
    code: 400,
    reason: 'BadRequest',
    message: unrecognized,
  },
  {
    what: 'bytes that are no UTF-8',
    path: podsPath,
    body: Buffer.from([0xff, 0xfe, 0x7b]),
    code: 400,
    reason: 'BadRequest',
    message: unrecognized,
  },
  {
    what: 'broken protobuf',
    path: podsPath,
    body: 'k8s\0garbage',
    type: 'application/vnd.kubernetes.protobuf',
    code: 400,
    reason: 'BadRequest',
    message: unrecognized,
  },
  { what: 'nothing', path: podsPath, body: '', code: 400, reason: 'BadRequest', message: unrecognized },
  {
    what: 'a web page',
    path: podsPath,
    body: '<p>',
    type: 'text/html',
    code: 415,
    reason: 'UnsupportedMediaType',
    message: /^the body of the request was in an unknown format - accepted media types include: /,
  },
  {
    what: 'a body of 50 MB',
    path: podsPath,
    body: Buffer.alloc(50 * 1024 * 1024, 32),
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: /^Request entity too large: limit is \d+$/,
  },
  {
    what: 'another kind',
    path: podsPath,
    body: canary,
    code: 400,
    reason: 'BadRequest',
    message: /^Deployment in version "v1" cannot be handled as a Pod: /,
  },
  {
    what: 'an unknown field',
    path: `${podsPath}?fieldValidation=Strict`,
    body: podOf({ imagee: 'x' }),
    code: 400,
    reason: 'BadRequest',
    message:
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
  },
  {
    what: 'a field twice',
    path: `${podsPath}?fieldValidation=Strict`,
    body: 'apiVersion: v1\nkind: Pod\nmetadata: { name: x, name: y }\nspec: { containers: [{ name: a, image: b }] }\n',
    type: yaml,
    code: 400,
    reason: 'BadRequest',
    message: /strict decoding error: .*(already set in map|duplicate field)/,
  },
  {
    what: 'a number for a text',
    path: podsPath,
    body: podOf({ image: 7 }),
    code: 400,
    reason: 'BadRequest',
    message:
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
  },
  {
    what: 'a text for a number',
    path: deploymentsPath,
    body: deploymentOf({ replicas: 'three' }),
    code: 400,
    reason: 'BadRequest',
    message:
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  },
  {
    what: 'negative replicas',
    path: deploymentsPath,
    body: deploymentOf({ replicas: -1 }),
    code: 422,
    reason: 'Invalid',
    message: 'Deployment.apps "bad" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  },
  {
    what: 'a negative quantity',
    path: podsPath,
    body: podOf({ resources: { requests: { cpu: '-1' } } }),
    code: 422,
    reason: 'Invalid',
    message:
      'Pod "bad" is invalid: spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  },
  {
    what: 'a quantity that is none',
    path: podsPath,
    body: podOf({ resources: { requests: { cpu: 'lots' } } }),
    code: 400,
    reason: 'BadRequest',
    message:
      'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
  },
  {
    what: 'more requested than the limit',
    path: podsPath,
    body: podOf({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    code: 422,
    reason: 'Invalid',
    message:
      'Pod "bad" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  },
  {
    what: 'a name that exists',
    path: deploymentsPath,
    body: canary,
    code: 409,
    reason: 'AlreadyExists',
    message: 'deployments.apps "canary" already exists',
  },
  {
    what: 'a name that cannot be',
    path: podsPath,
    body: podOf({}, 'Bad_Name'),
    code: 422,
    reason: 'Invalid',
    message:
      /^Pod "Bad_Name" is invalid: metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of /,
  },
  {
    what: 'a namespace that does not exist',
    path: '/api/v1/namespaces/nowhere/pods',
    body: podOf({}),
    code: 404,
    reason: 'NotFound',
    message: 'namespaces "nowhere" not found',
  },
  {
    what: 'a selector that its own pods do not match',
    path: deploymentsPath,
    body: deploymentOf({ selector: { matchLabels: { app: 'other' } } }),
    code: 422,
    reason: 'Invalid',
    message:
      'Deployment.apps "bad" is invalid: spec.template.metadata.labels: Invalid value: {"app":"bad"}: `selector` does not match template `labels`',
  },
  {
    what: 'a selector with an impossible operator',
    path: deploymentsPath,
    body: deploymentOf({ selector: { matchExpressions: [{ key: 'app', operator: 'Like' }] } }),
    code: 422,
    reason: 'Invalid',
    message: /not a valid selector operator/,
  },
  {
    what: 'a label selector that does not parse',
    method: 'GET',
    path: `${podsPath}?labelSelector=a%20in%20(`,
    code: 400,
    reason: 'BadRequest',
    message: "unable to parse requirement: found '', expected: ',', ')' or identifier",
  },
  {
    what: 'a field selector that is not supported',
    method: 'GET',
    path: `${podsPath}?fieldSelector=spec.foo%3Db`,
    code: 400,
    reason: 'BadRequest',
    message: 'field label not supported: spec.foo',
  },
  {
    what: 'a revision that is none',
    method: 'GET',
    path: `${podsPath}?watch=true&resourceVersion=abc`,
    code: 422,
    reason: 'Invalid',
    message: /^resourceVersion: Invalid value: "abc"/,
  },
  {
    what: 'a page of a list that was never begun',
    method: 'GET',
    path: `${podsPath}?limit=1&continue=garbage`,
    code: 400,
    reason: 'BadRequest',
    message: /^continue key is not valid: /,
  },
  {
    what: 'a patch of an unknown kind',
    method: 'PATCH',
    path: `${deploymentsPath}/canary`,
    body: '{}',
    code: 415,
    reason: 'UnsupportedMediaType',
    message: /application\/strategic-merge-patch\+json/,
  },
  {
    what: 'a patch to where nothing is',
    method: 'PATCH',
    path: `${deploymentsPath}/canary`,
    body: '[{"op":"replace","path":"/spec/nope/x","value":1}]',
    type: 'application/json-patch+json',
    code: 422,
    reason: 'Invalid',
    message: /the server rejected our request due to an error in our request/,
  },
  {
    what: 'a change of what may not change',
    method: 'PATCH',
    path: `${deploymentsPath}/canary`,
    body: { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
    type: 'application/merge-patch+json',
    code: 422,
    reason: 'Invalid',
    message: /spec\.selector: Invalid value: .*: field is immutable$/,
  },
  {
    what: 'an object of another name than the path says',
    method: 'PUT',
    path: `${podsPath}/other`,
    body: podOf({}),
    code: 400,
    reason: 'BadRequest',
    message: 'the name of the object (bad) does not match the name on the URL (other)',
  },
  {
    what: 'a change of an object that is not there',
    method: 'DELETE',
    path: `${podsPath}/nobody`,
    code: 404,
    reason: 'NotFound',
    message: 'pods "nobody" not found',
  },
  {
    what: 'an outdated object',
    method: 'PUT',
    path: '/api/v1/namespaces/default',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', resourceVersion: '1' } },
    code: 409,
    reason: 'Conflict',
    message:
      'Operation cannot be fulfilled on namespaces "default": the object has been modified; please apply your changes to the latest version and try again',
  },
  {
    what: 'a method that is not served',
    method: 'POST',
    path: '/api/v1/nodes/node-1',
    body: {},
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
];
