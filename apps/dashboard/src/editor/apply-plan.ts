import type { KubernetesObject } from '@gantry/api-types';
import { type Document, parseAllDocuments } from 'yaml';
import { createObject, getObject, patchObject } from '../api/client.ts';
import { findResource } from '../api/documents.ts';
import type { ApiTarget } from '../api/paths.ts';
import { ApiRefusal } from '../api/refusal.ts';
import { kindOfDocument } from './check.ts';
import { toYaml } from './object-yaml.ts';
import { conflictsOf, type EditConflict, mergePatchBetween, withoutServerFields } from './three-way.ts';

type Json = Record<string, unknown>;

/** What applying one document does. */
export interface PlannedWrite {
  /** `Deployment web`. */
  readonly what: string;
  readonly verb: 'create' | 'patch';
  readonly target: ApiTarget;
  readonly body: Json;
  readonly patchType: 'merge' | 'strategic-merge';
  /** Which of the documents it comes from. */
  readonly document: number;
  /** As it is now; absent for what is created. */
  readonly before?: Json;
}

/** A refusal, and which document it is about. */
export class DocumentRefusal extends Error {
  readonly document: number;
  readonly refusal: ApiRefusal;

  constructor(document: number, refusal: ApiRefusal) {
    super(refusal.message);
    this.name = 'DocumentRefusal';
    this.document = document;
    this.refusal = refusal;
  }
}

/** Somebody else changed what the editor's author has changed too. */
export class ConflictingEdit extends Error {
  readonly conflicts: readonly EditConflict[];
  readonly now: Json;

  constructor(conflicts: readonly EditConflict[], now: Json) {
    super('somebody else has changed the same fields');
    this.name = 'ConflictingEdit';
    this.conflicts = conflicts;
    this.now = now;
  }
}

/** The documents of a text that hold something. */
export function documentsOf(text: string): Document.Parsed[] {
  const parsed = parseAllDocuments(text);
  return 'empty' in parsed ? [] : parsed.filter((document) => document.contents !== null || document.errors.length > 0);
}

/**
 * What applying the text would write: of the object that was loaded, only what was edited; of others, what the text says
 * (as `kubectl apply` by a strategic merge patch), or the whole where they are new. Rejects with a
 * {@link DocumentRefusal} or a {@link ConflictingEdit}.
 */
export async function planWrites(
  documents: readonly Document.Parsed[],
  loaded: Json | undefined,
): Promise<PlannedWrite[]> {
  const writes: PlannedWrite[] = [];
  for (const [index, document] of documents.entries()) {
    const write = await forDocument(index, () => planDocument(document, index, loaded));
    if (write) writes.push(write);
  }
  return writes;
}

/** Asks the API what the writes would make of the objects; nothing is stored. Rejects with a {@link DocumentRefusal}. */
export async function dryRunWrites(writes: readonly PlannedWrite[]): Promise<Json[]> {
  const results: Json[] = [];
  for (const write of writes) {
    // Nothing can be asked about what will be in a namespace that the same text makes.
    const isInNew = writes.some(
      (other) => other.verb === 'create' && other.what === `Namespace ${write.target.namespace}`,
    );
    results.push(isInNew ? write.body : await forDocument(write.document, () => send(write, true)));
  }
  return results;
}

/** Writes, one after the other; `onDone` hears of each. Rejects with the first {@link DocumentRefusal}. */
export async function applyWrites(
  writes: readonly PlannedWrite[],
  onDone: (write: PlannedWrite) => void,
): Promise<void> {
  for (const write of writes) {
    await forDocument(write.document, () => send(write, false));
    onDone(write);
  }
}

/** Both sides of the comparison, as YAML without what the server writes by itself. */
export function comparison(
  writes: readonly PlannedWrite[],
  results: readonly Json[],
): { before: string; after: string } {
  const text = (object: Json | undefined): string => (object ? toYaml(withoutServerFields(object)) : '');
  return {
    before: writes.map(({ before }) => text(before)).join('---\n'),
    after: results.map(text).join('---\n'),
  };
}

async function planDocument(
  document: Document.Parsed,
  index: number,
  loaded: Json | undefined,
): Promise<PlannedWrite | undefined> {
  const wanted = document.toJS() as Json;
  const { apiVersion, kind } = kindOfDocument(document);
  const metadata = (wanted.metadata ?? {}) as { name?: string; namespace?: string; generateName?: string };
  const served = await findResource(apiVersion, kind);
  const collection: ApiTarget = {
    apiVersion,
    resource: served.resource,
    namespace: served.isNamespaced ? (metadata.namespace ?? 'default') : undefined,
  };
  const { name } = metadata;
  if (!name && !metadata.generateName)
    throw new ApiRefusal(422, 'Invalid', 'metadata.name is missing', [
      { field: 'metadata', message: 'name is missing' },
    ]);
  const what = `${kind} ${name ?? `${metadata.generateName}…`}`;
  const target = { ...collection, name };
  const now = name ? await getIfThere(target) : undefined;
  const base = { what, document: index } as const;
  if (!now)
    return { ...base, verb: 'create', target: collection, body: withoutServerFields(wanted), patchType: 'merge' };
  const isLoaded = loaded !== undefined && (loaded.metadata as Json).uid === (now.metadata as Json).uid;
  if (!isLoaded) {
    return {
      ...base,
      verb: 'patch',
      target,
      body: withoutServerFields(wanted),
      patchType: 'strategic-merge',
      before: now,
    };
  }
  const body = mergePatchBetween(withoutServerFields(loaded), withoutServerFields(wanted));
  if (!body) return undefined;
  const conflicts = conflictsOf(body, loaded, now);
  if (conflicts.length > 0) throw new ConflictingEdit(conflicts, now);
  // What changes between this look and the write is a conflict that the API itself refuses.
  const { resourceVersion } = now.metadata as Json;
  const guarded = { ...body, metadata: { ...(body.metadata as Json | undefined), resourceVersion } };
  return { ...base, verb: 'patch', target, body: guarded, patchType: 'merge', before: now };
}

async function getIfThere(target: ApiTarget): Promise<Json | undefined> {
  try {
    return (await getObject<KubernetesObject>(target)) as unknown as Json;
  } catch (failure) {
    if (failure instanceof ApiRefusal && failure.code === 404) return undefined;
    throw failure;
  }
}

function send({ verb, target, body, patchType }: PlannedWrite, isDryRun: boolean): Promise<Json> {
  return verb === 'create'
    ? createObject<never>(target, body, { isDryRun })
    : patchObject<never>(target, body, { isDryRun, type: patchType });
}

async function forDocument<T>(document: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof ApiRefusal) throw new DocumentRefusal(document, failure);
    throw failure;
  }
}
