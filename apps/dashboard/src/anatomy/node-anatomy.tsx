import type { NodeImageInspection, NodeInspection } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { count } from '../format.ts';
import { formatMegabytes, sharedWords } from './anatomy-view.ts';
import { LayerBar } from './image-layers.tsx';
import { ReadingHead } from './reading-head.tsx';
import { useInspection } from './use-inspection.ts';

/** The images of a node, which layers they have in common, and what that saves. */
export function NodeAnatomy({ name }: { readonly name: string }): ReactNode {
  const inspected = useInspection<NodeInspection>('nodeinspections', name);
  const { data } = inspected;
  return (
    <div className="anatomy">
      <ReadingHead title={`Images on ${name}`} inspected={inspected} />
      {data && data.images.length > 0 && (
        <>
          <p data-saved="">{savedWords(data)}</p>
          <ul className="node-images">
            {data.images.map((image) => (
              <Image key={image.id} image={image} />
            ))}
          </ul>
          {data.imageCount > data.images.length && (
            <p className="muted">{count(data.imageCount - data.images.length, 'smaller image')} not shown.</p>
          )}
        </>
      )}
    </div>
  );
}

function Image({ image }: { readonly image: NodeImageInspection }): ReactNode {
  const { id, names, sizeBytes, layers, pods } = image;
  return (
    <li>
      <p>
        <strong>{names[0] ?? id.replace('sha256:', '').slice(0, 12)}</strong>{' '}
        <span className="muted">
          {formatMegabytes(sizeBytes)}, {pods.length === 0 ? 'no pod' : count(pods.length, 'pod')}
        </span>
      </p>
      <LayerBar image={image} />
      <small>{sharedWords(layers)}</small>
    </li>
  );
}

function savedWords({ imageCount, totalBytes, savedBytes }: NodeInspection): string {
  const images = count(imageCount, 'image');
  if (savedBytes === undefined) return `${images}, ${formatMegabytes(totalBytes)} counted one by one.`;
  const kept = formatMegabytes(Math.max(0, totalBytes - savedBytes));
  return `${images}: ${formatMegabytes(totalBytes)} counted one by one, ${kept} on disk. Layers in common save ${formatMegabytes(savedBytes)}.`;
}
