import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Container, Pod } from '@gantry/api-types';
import { ConfigProblem } from './config-problem.ts';

/**
 * The text of the container's own seccomp profile, which the engine takes as it is; undefined where it names none.
 * Profiles lie below `directory`. Throws {@link ConfigProblem} where it cannot be read.
 */
export async function localSeccompProfile(
  pod: Pod,
  container: Container,
  directory: string,
): Promise<string | undefined> {
  const profile = container.securityContext?.seccompProfile ?? pod.spec.securityContext?.seccompProfile;
  if (profile?.type !== 'Localhost') return undefined;
  const name = normalize(profile.localhostProfile ?? '');
  if (name.startsWith('..') || name.startsWith('/')) {
    throw new ConfigProblem(
      `seccomp profile "${name}" must lie below ${directory} on the node`,
      'CreateContainerError',
    );
  }
  const path = join(directory, name);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigProblem(`cannot load seccomp profile "${path}": ${String(error)}`, 'CreateContainerError');
  });
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new ConfigProblem(`seccomp profile "${path}" is not JSON: ${String(error)}`, 'CreateContainerError');
  }
}
