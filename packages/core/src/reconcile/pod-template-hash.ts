import type { PodTemplateSpec } from '@gantry/api-types';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';

/** The label that tells the pods of one of a Deployment's ReplicaSets from those of the others. */
export const podTemplateHashLabel = 'pod-template-hash';

/** No vowels and no 0, 1, 3: a hash never spells a word and is read out without mistakes. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A short name for a pod template, the same for the same content whatever the order of its keys. Where two templates
 * of a Deployment share a hash, its `status.collisionCount` is raised, which gives another one.
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount = 0): string {
  const text = canonicalJson(template) + (collisionCount > 0 ? `#${collisionCount}` : '');
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  let encoded = '';
  for (let digits = 0; digits < 7; digits += 1) {
    encoded = (alphabet[hash % alphabet.length] ?? '') + encoded;
    hash = Math.floor(hash / alphabet.length);
  }
  return encoded;
}

/** Whether two pod templates are alike but for the hash label, which only ReplicaSets carry. */
export function areTemplatesEqual(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  if (!a || !b) return a === b;
  return isSemanticallyEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = template.metadata?.labels;
  if (labels?.[podTemplateHashLabel] === undefined) return template;
  const { [podTemplateHashLabel]: _hash, ...others } = labels;
  return { ...template, metadata: { ...template.metadata, labels: others } };
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
}
