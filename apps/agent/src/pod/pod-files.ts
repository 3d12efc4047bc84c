import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod } from '@gantry/api-types';
import type { ContainerMount } from '../runtime/container-runtime.ts';
import { defaultClusterDomain } from './hostname.ts';
import { hostsFile } from './hosts-file.ts';
import { type ClusterDns, formatResolvConf, parseResolvConf, podResolvConf, type ResolvConf } from './resolv-conf.ts';

export interface PodFilesOptions {
  /** Absolute; the engine must see the same directory under the same path. */
  readonly dataDir: string;
  readonly clusterDns: ClusterDns | undefined;
}

/** Where systemd-resolved keeps the servers that it asks; the usual file then names only itself, on the loopback. */
const resolvedFile = '/run/systemd/resolve/resolv.conf';

/** The pods' `/etc/hosts` and `/etc/resolv.conf`, in their directories, which go with their volumes. */
export class PodFiles {
  readonly #options: PodFilesOptions;

  constructor(options: PodFilesOptions) {
    this.#options = options;
  }

  get clusterDomain(): string {
    return this.#options.clusterDns?.domain ?? defaultClusterDomain;
  }

  /** Writes the pod's files where they are missing or otherwise, and says how its container mounts them. */
  async mountsOf(pod: Pod, container: Container, ip: string): Promise<ContainerMount[]> {
    const directory = join(this.#options.dataDir, 'pods', pod.metadata.uid);
    await mkdir(directory, { recursive: true });
    const files = [
      { target: '/etc/hosts', source: join(directory, 'etc-hosts'), text: await this.#hosts(pod, ip) },
      { target: '/etc/resolv.conf', source: join(directory, 'resolv.conf'), text: await this.#resolvConf(pod) },
    ];
    const taken = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
    const free = files.filter(({ target }) => !taken.has(target));
    for (const { source, text } of free) await writeIfChanged(source, text);
    return free.map(({ source, target }) => ({ source, target, readOnly: false }));
  }

  async #hosts(pod: Pod, ip: string): Promise<string> {
    const hostFile = pod.spec.hostNetwork ? await readOrEmpty('/etc/hosts') : '';
    return hostsFile({ pod, ip, clusterDomain: this.clusterDomain, hostFile });
  }

  async #resolvConf(pod: Pod): Promise<string> {
    const host = await hostResolvConf(pod.spec.hostNetwork ?? false);
    return formatResolvConf(podResolvConf(pod, host, this.#options.clusterDns));
  }
}

async function hostResolvConf(isOnHostNetwork: boolean): Promise<ResolvConf> {
  const own = parseResolvConf(await readOrEmpty('/etc/resolv.conf'), isOnHostNetwork);
  if (own.nameservers.length > 0) return own;
  const behind = parseResolvConf(await readOrEmpty(resolvedFile));
  return behind.nameservers.length > 0 ? behind : own;
}

/** In place: a container that runs has the file mounted, not its name. */
async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readOrEmpty(path, undefined)) === text) return;
  await writeFile(path, text);
  await chmod(path, 0o644);
}

async function readOrEmpty<T extends string | undefined = string>(
  path: string,
  missing = '' as T,
): Promise<string | T> {
  return readFile(path, 'utf8').catch(() => missing);
}
