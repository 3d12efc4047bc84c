import type { NodeInspection } from '@gantry/api-types';
import { columns, megabytes, shortDigest } from './text-parts.ts';

/** The images of a node for people. Pure. */
export function nodeInspectionText(inspection: NodeInspection): readonly string[] {
  const { metadata, images, imageCount, totalBytes, savedBytes, unread } = inspection;
  const sizes = savedBytes === undefined ? `${megabytes(totalBytes)} together` : savings(totalBytes, savedBytes);
  const rows = images.map((image) => {
    const shared = image.layers.filter(({ sharedCount }) => sharedCount > 0).length;
    const name = image.names[0] ?? shortDigest(image.id);
    return [name, megabytes(image.sizeBytes), `${shared}/${image.layers.length}`, image.pods.join(', ') || 'none'];
  });
  const more = imageCount - images.length;
  return [
    `Node ${metadata.name}: ${imageCount} images, ${sizes}`,
    ...(rows.length > 0 ? columns([['IMAGE', 'SIZE', 'LAYERS SHARED', 'PODS'], ...rows]) : []),
    ...(more > 0 ? [`  and ${more} smaller ones`] : []),
    ...unread.map(({ what, reason }) => `  not read: ${what}: ${reason}`),
  ];
}

function savings(totalBytes: number, savedBytes: number): string {
  const kept = megabytes(Math.max(0, totalBytes - savedBytes));
  return `${megabytes(totalBytes)} counted one by one, ${kept} on disk: layers in common save ${megabytes(savedBytes)}`;
}
