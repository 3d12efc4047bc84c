import type { ConfigMap, Container, EnvFromSource, EnvVar, EnvVarSource, Secret, Service } from '@gantry/api-types';
import { serviceVariables } from '@gantry/core/network/services/service-variables';
import { ConfigProblem } from './config-problem.ts';
import { expandVariables } from './expand-variables.ts';
import { fieldValue, type PodFacts, resourceValue } from './field-values.ts';

/** Where the ConfigMaps and Secrets of the pod's namespace come from. */
export interface Objects {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  /** The cluster's Services, for the variables that tell of them. */
  readonly services?: { services(): ReadonlyMap<string, Service> };
}

/**
 * The container's environment: Services first, then `envFrom`, then `env` in order, a later name replacing an earlier one, each value
 * expanded by those before it. Throws {@link ConfigProblem} for what it refers to and is not there.
 */
export function resolveEnvironment(container: Container, facts: PodFacts, objects: Objects): Map<string, string> {
  const variables = linksOf(facts, objects);
  for (const source of container.envFrom ?? []) addAll(variables, source, facts, objects);
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, { container, facts, objects, variables });
    if (value === undefined) continue;
    // Deleted first so that the order is that of the last mention.
    variables.delete(variable.name);
    variables.set(variable.name, value);
  }
  return variables;
}

function linksOf(facts: PodFacts, objects: Objects): Map<string, string> {
  const services = objects.services?.services().values() ?? [];
  return new Map(serviceVariables(services, namespaceOf(facts), facts.pod.spec.enableServiceLinks ?? true));
}

function addAll(variables: Map<string, string>, source: EnvFromSource, facts: PodFacts, objects: Objects): void {
  const data = source.configMapRef
    ? configMapData(facts, objects, source.configMapRef)
    : source.secretRef
      ? secretData(facts, objects, source.secretRef)
      : {};
  for (const [key, value] of Object.entries(data)) variables.set(`${source.prefix ?? ''}${key}`, value);
}

interface ValueContext {
  readonly container: Container;
  readonly facts: PodFacts;
  readonly objects: Objects;
  readonly variables: ReadonlyMap<string, string>;
}

function variableValue(variable: EnvVar, context: ValueContext): string | undefined {
  if (variable.valueFrom) return valueFrom(variable.valueFrom, context);
  return expandVariables(variable.value ?? '', context.variables);
}

/** Undefined where an optional source is missing: the variable is as if it were not mentioned. */
function valueFrom(source: EnvVarSource, { container, facts, objects }: ValueContext): string | undefined {
  if (source.fieldRef) return fieldValue(facts, source.fieldRef);
  if (source.resourceFieldRef) return resourceValue(facts, container, source.resourceFieldRef);
  if (source.configMapKeyRef) {
    const reference = source.configMapKeyRef;
    return pick(configMapData(facts, objects, reference), reference, `ConfigMap ${fullName(facts, reference.name)}`);
  }
  if (source.secretKeyRef) {
    const reference = source.secretKeyRef;
    return pick(secretData(facts, objects, reference), reference, `Secret ${fullName(facts, reference.name)}`);
  }
  throw new ConfigProblem('invalid valueFrom: no source that is supported');
}

function pick(
  data: Readonly<Record<string, string>>,
  reference: { readonly key: string; readonly optional?: boolean },
  where: string,
): string | undefined {
  const value = data[reference.key];
  if (value === undefined && !reference.optional) {
    throw new ConfigProblem(`couldn't find key ${reference.key} in ${where}`);
  }
  return value;
}

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

function configMapData(facts: PodFacts, objects: Objects, reference: Reference): Record<string, string> {
  const object = objects.configMap(namespaceOf(facts), reference.name ?? '');
  if (!object && !reference.optional) throw new ConfigProblem(`configmap "${reference.name}" not found`);
  return object?.data ?? {};
}

function secretData(facts: PodFacts, objects: Objects, reference: Reference): Record<string, string> {
  const object = objects.secret(namespaceOf(facts), reference.name ?? '');
  if (!object && !reference.optional) throw new ConfigProblem(`secret "${reference.name}" not found`);
  const entries = Object.entries(object?.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

function fullName(facts: PodFacts, name: string | undefined): string {
  return `${namespaceOf(facts)}/${name}`;
}

function namespaceOf({ pod }: PodFacts): string {
  return pod.metadata.namespace ?? 'default';
}
