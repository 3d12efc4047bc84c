import type { FeedPod } from '@gantry/api-types/feed';
import { count, nameOf } from '../format.ts';

/** What is told of pods between their lines. */
export interface MarkerText {
  readonly kind: 'restart' | 'node' | 'pod';
  readonly text: string;
}

/** The pods of a panel at one moment, and which of their nodes do not answer. */
export interface PodsSnapshot {
  readonly pods: ReadonlyMap<string, FeedPod>;
  readonly lostNodes: ReadonlySet<string>;
}

/** What happened between two moments that the reader of the logs has to know: restarts, lost nodes, pods that came or went. */
export function markersBetween(before: PodsSnapshot, after: PodsSnapshot): MarkerText[] {
  return [...nodeMarkers(before, after), ...podMarkers(before, after)];
}

function nodeMarkers(before: PodsSnapshot, after: PodsSnapshot): MarkerText[] {
  const lost = [...after.lostNodes].filter((node) => !before.lostNodes.has(node));
  const back = [...before.lostNodes].filter((node) => !after.lostNodes.has(node));
  return [
    ...lost.map((node): MarkerText => {
      const there = [...before.pods.values()].filter((pod) => pod.nodeName === node).length;
      return { kind: 'node', text: `${node} does not answer: the logs of its ${count(there, 'pod')} stop here` };
    }),
    ...back.map((node): MarkerText => ({ kind: 'node', text: `${node} answers again` })),
  ];
}

function podMarkers(before: PodsSnapshot, after: PodsSnapshot): MarkerText[] {
  const markers: MarkerText[] = [];
  for (const [uid, pod] of after.pods) {
    const known = before.pods.get(uid);
    if (known) markers.push(...restartMarkers(known, pod));
    if (pod.nodeName && !known?.nodeName)
      markers.push({ kind: 'pod', text: `${nameOf(pod.key)} was placed on ${pod.nodeName}` });
    if (pod.deletedAt && known && !known.deletedAt)
      markers.push({ kind: 'pod', text: `${nameOf(pod.key)} is told to stop` });
  }
  for (const [uid, pod] of before.pods) {
    if (!after.pods.has(uid)) markers.push({ kind: 'pod', text: `${nameOf(pod.key)} is gone` });
  }
  return markers;
}

function restartMarkers(before: FeedPod, after: FeedPod): MarkerText[] {
  return after.containers.flatMap((container): MarkerText[] => {
    const earlier = before.containers.find(({ name }) => name === container.name);
    const restarts = container.restarts ?? 0;
    if (restarts <= (earlier?.restarts ?? 0)) return [];
    const why = earlier?.reason ? ` (${earlier.reason})` : '';
    return [
      { kind: 'restart', text: `${nameOf(after.key)}: ${container.name} was restarted${why}, restart ${restarts}` },
    ];
  });
}
