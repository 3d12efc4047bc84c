import type { NodeScorePlugin } from '../framework.ts';

const mebibyte = 1024 * 1024;
const minBytes = 23 * mebibyte;
const maxBytesPerContainer = 1000 * mebibyte;

/**
 * Prefers nodes that hold the pod's images already, by size. An image counts by the share of nodes that hold it, so that
 * a rare large image does not pull every replica onto one node.
 */
export const imageLocality: NodeScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  dependsOn: 'images',
  score: (pod, node, snapshot) => {
    if (node.imageSizes.size === 0 || pod.images.length === 0) return 0;
    let bytes = 0;
    for (const image of pod.images) {
      const size = node.imageSizes.get(image);
      if (size !== undefined) bytes += Math.floor((size * snapshot.images.nodesWith(image)) / snapshot.nodeCount);
    }
    const maxBytes = maxBytesPerContainer * pod.images.length;
    const counted = Math.min(Math.max(bytes, minBytes), maxBytes);
    return Math.floor((100 * (counted - minBytes)) / (maxBytes - minBytes));
  },
};
