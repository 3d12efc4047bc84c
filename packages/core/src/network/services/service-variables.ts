import type { Service } from '@gantry/api-types';

/**
 * The environment variables that tell a container of `namespace` of the Services there are: those of its namespace with
 * `enableServiceLinks`, and always `kubernetes` in `default`, in the form of Docker's links as Kubernetes has them. Pure.
 */
export function serviceVariables(
  services: Iterable<Service>,
  namespace: string,
  enableServiceLinks: boolean,
): ReadonlyMap<string, string> {
  const byName = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: own = 'default' } = service.metadata;
    const isApi = own === 'default' && name === 'kubernetes';
    const isLinked = enableServiceLinks && own === namespace;
    // The namespace's own Service of a name goes before the cluster's.
    if (hasClusterIp(service) && (isLinked || (isApi && !byName.has(name)))) byName.set(name, service);
  }
  const variables = new Map<string, string>();
  for (const name of [...byName.keys()].sort()) {
    const service = byName.get(name);
    if (service) addVariables(variables, service);
  }
  return variables;
}

function hasClusterIp({ spec }: Service): boolean {
  return spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None';
}

function addVariables(variables: Map<string, string>, { metadata, spec }: Service): void {
  const prefix = variableName(metadata.name);
  const { clusterIP: ip = '', ports = [] } = spec;
  const [first] = ports;
  variables.set(`${prefix}_SERVICE_HOST`, ip);
  if (first) variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const { name, port } of ports) {
    if (name) variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
  }
  for (const { protocol = 'TCP', port } of ports) {
    const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
    const url = `${protocol.toLowerCase()}://${ip}:${port}`;
    if (!variables.has(`${prefix}_PORT`)) variables.set(`${prefix}_PORT`, url);
    variables.set(link, url);
    variables.set(`${link}_PROTO`, protocol.toLowerCase());
    variables.set(`${link}_PORT`, String(port));
    variables.set(`${link}_ADDR`, ip);
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
