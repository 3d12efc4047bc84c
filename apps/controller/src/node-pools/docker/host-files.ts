import { createHash } from 'node:crypto';
import { access, glob, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { poolHostFile } from './pool-host-program.ts';
import { sharedLibrariesOf } from './shared-libraries.ts';

/** A regular file of a root filesystem; `path` has no leading slash. */
export interface RootFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** What a host needs beside Node: an engine with its helpers, packet filters, what the pod network is made with, and a shell. */
const programs = [
  'dockerd',
  'containerd',
  'containerd-shim-runc-v2',
  'runc',
  'docker-init',
  'docker-proxy',
  'iptables',
  'ip6tables',
  'ip',
  'bridge',
  'tc',
  'nft',
  'nsenter',
  'busybox',
  'tar',
  'gzip',
] as const;

const searchPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/libexec/docker',
];

/** Which of the programs that a host is made of this machine lacks; none: an image can be made without a registry. */
export async function missingPrograms(): Promise<readonly string[]> {
  const paths = await Promise.all(programs.map(findProgram));
  return programs.filter((_, index) => paths[index] === undefined);
}

/** The engine's programs and Node of this machine, with every library they link, as one root filesystem. */
export async function collectHostFiles(): Promise<RootFile[]> {
  const files = new Map<string, RootFile>();
  const add = async (source: string, path: string, mode: number) => {
    const key = path.replace(/^\//, '');
    if (!files.has(key)) files.set(key, { path: key, mode, content: await readFile(source) });
  };
  const node = await realpath(process.execPath);
  const sources: [name: string, source: string][] = [['node', node]];
  for (const name of programs) {
    const source = await findProgram(name);
    if (source === undefined) throw new Error(`no ${name} on this machine`);
    sources.push([name, source]);
  }
  // iptables loads its matches and targets while it runs, so that nothing links them.
  const modules = await Array.fromAsync(glob('/usr/lib{,64,/*}/xtables/*.so'));
  for (const module of modules) await add(module, module, 0o755);
  for (const [name, source] of sources) {
    await add(source, `usr/bin/${name}`, 0o755);
    for (const library of await sharedLibrariesOf(source)) await add(library, library, 0o755);
  }
  return [...files.values(), ...configurationFiles].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The same for the same files, in whatever order they were read. */
export function digestOf(files: readonly RootFile[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, content } of files) hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const dir of searchPath) {
    const path = join(dir, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return realpath(path);
  }
  return undefined;
}

/**
 * A host's first program. What a container of an ordinary engine finds read-only and a host does not is made writable;
 * where it is so already, or may not be changed, things go on as they are. The engine's pid file of an earlier life
 * would keep the next one from starting.
 */
const boot = `#!/bin/sh
for dir in /proc/sys /sys /sys/fs/cgroup /sys/fs/cgroup/*; do mount -o remount,bind,rw "$dir" 2>/dev/null; done
# cgroup v2: processes may not live beside child cgroups with controllers.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null; done
  sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi
rm -rf /run/docker* /var/run/docker*
exec dockerd --host=unix:///run/docker.sock "$@"
`;

/** A text file of a root filesystem. */
export function textFile(path: string, content: string, mode = 0o644): RootFile {
  return { path, mode, content: Buffer.from(content) };
}

/** The first program of every host, whatever its image is made of. */
export const bootFile: RootFile = textFile('etc/host-boot', boot, 0o755);

const configurationFiles: readonly RootFile[] = [
  bootFile,
  poolHostFile,
  textFile('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
  textFile('etc/group', 'root:x:0:\ndocker:x:101:\nnogroup:x:65534:\n'),
  textFile('usr/lib/os-release', 'ID=gantry-host\nPRETTY_NAME="Gantry host"\n'),
  textFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
];
