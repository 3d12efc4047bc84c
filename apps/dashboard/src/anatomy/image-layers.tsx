import type { ImageInspection } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { formatMegabytes, layerSegments, sharedWords } from './anatomy-view.ts';

/** An image as a bar of its layers, shared ones hatched, and the same as a list. */
export function ImageLayers({ image }: { readonly image: ImageInspection }): ReactNode {
  const { id, names, sizeBytes, layers } = image;
  return (
    <div className="image-layers">
      <p>
        <strong>{names[0] ?? id.replace('sha256:', '').slice(0, 12)}</strong>{' '}
        <span className="muted">{formatMegabytes(sizeBytes)}</span>
      </p>
      <LayerBar image={image} />
      <p className="muted">{sharedWords(layers)}</p>
      <ol className="layer-list">
        {layerSegments(layers).map(({ key, layer, isShared }) => (
          <li key={key} data-shared={isShared}>
            <span className="mono">{layer.diffId.replace('sha256:', '').slice(0, 12)}</span>{' '}
            {formatMegabytes(layer.sizeBytes)}
            {isShared && (
              <span className="layer-shared"> shared with {others(layer.sharedWith, layer.sharedCount)}</span>
            )}
            {layer.createdBy !== undefined && <small className="mono">{layer.createdBy}</small>}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The bar alone; what it shows is said beside it. */
export function LayerBar({ image }: { readonly image: ImageInspection }): ReactNode {
  return (
    <div className="layer-bar" aria-hidden="true">
      {layerSegments(image.layers).map(({ key, width, isShared }) => (
        <span key={key} className={isShared ? 'is-shared' : ''} style={{ flexGrow: width }} />
      ))}
    </div>
  );
}

function others(names: readonly string[], count: number): string {
  const shown = names.slice(0, 3);
  const more = count - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
