import type { Readable } from 'node:stream';
import { isApiError, type Node, type PersistentVolumeClaim } from '@gantry/api-types';
import { transferPaths, type VolumeDataAnswer } from '@gantry/api-types/protocol';
import { type AnyObject, comesBeforeData, toRestore, withoutAllocations } from '@gantry/core/backup/backup-objects';
import { uploadProtocol } from '@gantry/core/streams/upload-frames';
import { placeOn } from '@gantry/core/volumes/local-volume';
import { annotations } from '@gantry/core/volumes/names';
import type { ApiConnection } from '../api/api-connection.ts';
import { Discovery, resourcePath } from '../api/discovery.ts';
import { connect } from '../api/kubeconfig.ts';
import { uploadOver } from '../api/upload.ts';
import { readBackup } from '../backup/backup-file.ts';
import { mebibytes } from '../images/send-image.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';

export interface RestoreOptions {
  readonly dataDir: string;
  readonly file: string;
  /** All where empty. */
  readonly namespaces: readonly string[];
}

const bindTimeoutMs = 60_000;
const bindPollMs = 250;

/**
 * `gantry restore`: creates what the cluster does not have. What is there already stays as it is, and volumes that hold
 * files are not touched. Workloads are created last, when the data of their claims is in place.
 */
export async function restore(terminal: Terminal, options: RestoreOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const run = new Restore(api, terminal, options.namespaces);
    await readBackup(options.file, run);
    await run.finish();
    const { created, present, volumes, failures } = run;
    terminal.line(`${created} objects created, ${present} were there already, ${volumes} volumes filled`);
    if (failures > 0) throw new UserError(`${failures} objects or volumes could not be restored`);
  } finally {
    api.close();
  }
}

class Restore {
  created = 0;
  present = 0;
  volumes = 0;
  failures = 0;
  readonly #api: ApiConnection;
  readonly #terminal: Terminal;
  readonly #namespaces: readonly string[];
  readonly #discovery: Discovery;
  readonly #newUids = new Map<string, string>();
  /** Claims that were created here, by `namespace/name`: only their volumes are filled. */
  readonly #claims = new Set<string>();
  #later: AnyObject[] = [];
  #nodes: Node[] = [];

  constructor(api: ApiConnection, terminal: Terminal, namespaces: readonly string[]) {
    this.#api = api;
    this.#terminal = terminal;
    this.#namespaces = namespaces;
    this.#discovery = new Discovery(api);
  }

  onHeader({ createdAt }: { readonly createdAt: string }): void {
    this.#terminal.line(`a backup of ${createdAt}`);
  }

  async onObjects(objects: readonly AnyObject[]): Promise<void> {
    this.#nodes = (await this.#api.json<{ items: Node[] }>({ path: '/api/v1/nodes' })).items;
    const wanted = objects.filter((object) => this.#isWanted(object));
    this.#later = wanted.filter(({ kind }) => !comesBeforeData(kind));
    for (const object of wanted) if (comesBeforeData(object.kind)) await this.#create(object);
  }

  async onVolume(namespace: string, claim: string, archive: Readable): Promise<void> {
    const key = `${namespace}/${claim}`;
    if (!this.#claims.has(key)) return;
    try {
      const volume = await this.#bind(namespace, claim);
      const connection = await this.#api.upgrade(transferPaths.volumeData(volume), uploadProtocol);
      const { files, bytes } = await uploadOver<VolumeDataAnswer>(connection, archive);
      this.#terminal.line(`${key}: ${files} files, ${mebibytes(bytes)}`);
      this.volumes += 1;
    } catch (error) {
      this.#fail(`the data of claim ${key}`, error);
    }
  }

  /** Everything that may start pods. */
  async finish(): Promise<void> {
    for (const object of this.#later) await this.#create(object);
  }

  #isWanted({ kind, metadata }: AnyObject): boolean {
    if (this.#namespaces.length === 0) return true;
    return this.#namespaces.includes(kind === 'Namespace' ? metadata.name : (metadata.namespace ?? ''));
  }

  async #create(backedUp: AnyObject): Promise<void> {
    const object = toRestore(backedUp, this.#newUids);
    const { name, namespace } = object.metadata;
    const what = `${object.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    try {
      const { metadata } = await this.#post(object);
      this.#newUids.set(backedUp.metadata.uid, metadata.uid);
      if (object.kind === 'PersistentVolumeClaim') this.#claims.add(`${namespace}/${name}`);
      this.created += 1;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) return this.#fail(what, error);
      this.present += 1;
    }
  }

  async #post(object: AnyObject): Promise<AnyObject> {
    const resource = await this.#discovery.resourceOf(object.apiVersion, object.kind);
    const path = resourcePath(resource, object.metadata.namespace);
    let refusal: unknown;
    for (const body of [object, ...withoutAllocations(object)]) {
      try {
        const made = await this.#api.json<AnyObject>({ method: 'POST', path, body });
        if (refusal)
          this.#terminal.warn(`Service ${object.metadata.namespace}/${object.metadata.name} ${changed(refusal)}`);
        return made;
      } catch (error) {
        if (!isApiError(error, 'Invalid')) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  /** Has a volume made for the claim before any pod uses it; resolves with the volume's name. */
  async #bind(namespace: string, name: string): Promise<string> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/persistentvolumeclaims/${encodeURIComponent(name)}`;
    const node = this.#nextNode();
    await this.#api.json({
      method: 'PATCH',
      path,
      contentType: 'application/merge-patch+json',
      body: { metadata: { annotations: { [annotations.selectedNode]: node } } },
    });
    const deadline = Date.now() + bindTimeoutMs;
    while (Date.now() < deadline) {
      const { spec, status } = await this.#api.json<PersistentVolumeClaim>({ path });
      if (spec.volumeName && status.phase === 'Bound') return spec.volumeName;
      await new Promise((resolve) => setTimeout(resolve, bindPollMs));
    }
    throw new UserError(`it was not bound within ${bindTimeoutMs / 1000} s: see \`kubectl describe\` of the claim`);
  }

  /** Nodes that keep volumes, in turns. */
  #nextNode(): string {
    const able = this.#nodes.filter((node) => !node.spec.unschedulable && placeOn(node) !== undefined);
    const node = able[this.volumes % Math.max(1, able.length)];
    if (!node) throw new UserError('no node of this cluster keeps volumes');
    return node.metadata.name;
  }

  #fail(what: string, error: unknown): void {
    this.failures += 1;
    this.#terminal.warn(`${what}: ${messageOf(error)}`);
  }
}

function changed(refusal: unknown): string {
  return `gets other addresses or ports than it had: ${messageOf(refusal)}`;
}
