import type { NodeInspectionReport } from '@gantry/api-types';
import { lastAttempt } from '../pod/pod-state.ts';
import { messageOf } from '../runtime/container-runtime.ts';
import { savedBytes, shareLayers } from './image-layers.ts';
import type { PodInspector } from './inspect-pod.ts';
import { within } from './within.ts';

/** A node with many images has its first answer take a while: each is asked for once. */
const readLimitMs = 25_000;

/** The node's images, which layers they share, and which pods use them. Never rejects. */
export async function inspectNode({ source, images }: Omit<PodInspector, 'proc'>): Promise<NodeInspectionReport> {
  const users = usersOf(source.pods());
  const observedAt = new Date(source.clock.now()).toISOString();
  try {
    const found = await within(images.read(new Set(users.keys())), readLimitMs);
    const listed = found.images.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
    const saved = savedBytes(listed);
    return {
      observedAt,
      images: listed.map((image) => ({ ...shareLayers(image, listed), pods: users.get(image.id) ?? [] })),
      imageCount: found.count,
      totalBytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      ...(saved === undefined ? {} : { savedBytes: saved }),
      unread: [],
    };
  } catch (error) {
    const unread = [{ what: 'images of the node', reason: messageOf(error) }];
    return { observedAt, images: [], imageCount: 0, totalBytes: 0, unread };
  }
}

/** Names of pods by the ids of the images that their containers were made from. */
function usersOf(pods: ReturnType<PodInspector['source']['pods']>): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const { pod, state } of pods) {
    const { namespace = 'default', name } = pod.metadata;
    const ids = [...state.tracks.values()].flatMap((track) => lastAttempt(track)?.imageId ?? []);
    for (const id of new Set(ids)) users.set(id, [...(users.get(id) ?? []), `${namespace}/${name}`]);
  }
  return users;
}
