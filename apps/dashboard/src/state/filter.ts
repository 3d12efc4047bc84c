import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { type CompiledSelector, parseLabelSelector } from '@gantry/api-types/selector';
import type { ClusterStore } from './cluster-store.ts';

/**
 * What the filter box asks for: words that must all occur, and conditions on labels as `kubectl -l` takes them
 * (`app=web`, `tier!=db`, `app in (web, api)`, `!canary`), on pods or on their nodes. `ns:shop` names a namespace.
 */
export interface Filter {
  readonly words: readonly string[];
  readonly namespace: string | undefined;
  readonly selector: CompiledSelector | undefined;
  /** A condition that cannot be read, in words; it matches nothing. */
  readonly problem: string | undefined;
}

const conditions = /(?:[\w./-]+\s+(?:not)?in\s*\([^)]*\)|![\w./-]+|[\w./-]+\s*(?:==|!=|=)\s*[\w.-]*)/g;

let lastText = '';
let last: Filter = { words: [], namespace: undefined, selector: undefined, problem: undefined };

/** The same text gives the same object: every tile asks. */
export function parseFilter(text: string): Filter {
  if (text !== lastText) {
    last = readFilter(text);
    lastText = text;
  }
  return last;
}

function readFilter(text: string): Filter {
  const found = text.match(conditions) ?? [];
  const rest = text
    .replace(conditions, ' ')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const namespace = rest.find((word) => word.startsWith('ns:'))?.slice(3);
  const words = rest.filter((word) => !word.startsWith('ns:'));
  if (found.length === 0) return { words, namespace, selector: undefined, problem: undefined };
  try {
    return { words, namespace, selector: parseLabelSelector(found.join(',')), problem: undefined };
  } catch (failure) {
    const problem = failure instanceof Error ? failure.message : String(failure);
    return { words, namespace, selector: undefined, problem };
  }
}

/** Whether every word occurs in the pod's name, namespace, workload, node or status, and every condition holds. */
export function matchesPod(store: ClusterStore, pod: FeedPod, text: string): boolean {
  if (!text) return true;
  const filter = parseFilter(text);
  if (filter.problem !== undefined) return false;
  if (filter.namespace && pod.key.slice(0, pod.key.indexOf('/')) !== filter.namespace) return false;
  if (filter.selector && !filter.selector.matches(labelsOf(store, pod))) return false;
  const words = `${pod.key} ${store.rootOf(pod).name} ${pod.nodeName ?? 'pending'} ${pod.status}`.toLowerCase();
  return filter.words.every((word) => words.includes(word));
}

/** Whether the node itself (name, zone, labels) or any pod on it matches. */
export function matchesNode(store: ClusterStore, node: FeedNode, text: string): boolean {
  if (!text) return true;
  const { words, namespace, selector, problem } = parseFilter(text);
  if (problem !== undefined) return false;
  const own = `${node.key} ${node.zone ?? ''}`.toLowerCase();
  const isMatch = !namespace && words.every((word) => own.includes(word)) && (selector?.matches(node.labels) ?? true);
  return isMatch || [...store.podsOn(node.key).values()].some((pod) => matchesPod(store, pod, text));
}

/** Whether what has no labels (an Event, a workload in the list) matches: by its words and its namespace. */
export function matchesText(text: string, own: string, namespace: string | undefined): boolean {
  const filter = parseFilter(text);
  if (filter.namespace && namespace !== filter.namespace) return false;
  const lower = own.toLowerCase();
  return filter.words.every((word) => lower.includes(word));
}

/** The pod's own, and those of its node where it has none of that name. */
function labelsOf(store: ClusterStore, pod: FeedPod): Readonly<Record<string, string>> | undefined {
  const node = pod.nodeName ? store.nodes.get(pod.nodeName)?.labels : undefined;
  return node ? { ...node, ...pod.labels } : pod.labels;
}
