import type { FeedNode } from '@gantry/api-types/feed';
import type { SimulatedNode } from '@gantry/api-types/simulation';
import type { ReactNode } from 'react';
import { count, formatBytes, formatCpu } from '../format.ts';
import type { TileRect } from '../state/tile-layout.ts';
import { hueStyle } from '../view/tile.tsx';
import { usePreview } from './preview.ts';
import type { PreviewGhost } from './preview-scene.ts';

/** A pod that only exists in the preview: an outline that nothing can be done with. */
export function PreviewTile({ ghost, rect }: { readonly ghost: PreviewGhost; readonly rect: TileRect }): ReactNode {
  return (
    <span
      className="tile tile-ghost is-placed"
      style={{
        ...hueStyle(ghost.hue),
        transform: `translate(${rect.x.toFixed(1)}px, ${rect.y}px)`,
        width: rect.width,
        height: rect.height,
      }}
      title={`Preview: ${ghost.ownerName}${ghost.movedFrom ? `, from ${ghost.movedFrom}` : ''}`}
      data-ghost={ghost.ownerName}
    >
      {rect.width >= 44 && <span className="tile-name">{ghost.ownerName}</span>}
    </span>
  );
}

/** Under a node's tiles: what the preview does to it, in words. */
export function PreviewLine({ node }: { readonly node: FeedNode }): ReactNode {
  const simulated = usePreview(({ preview }) => preview?.scene?.nodes.get(node.key));
  if (!simulated) return null;
  const words = previewWords(simulated);
  return words ? <p className="preview-line">{words}</p> : null;
}

/** `Preview: 7 more pods, 3.9 CPU and 5.1Gi requested`; undefined where nothing changes. */
export function previewWords({ change, before, after }: SimulatedNode): string | undefined {
  if (change === 'removed') return `Preview: gone, with its ${count(before.pods, 'pod')}`;
  const more = after.pods - before.pods;
  if (more === 0 && after.cpuMilli === before.cpuMilli && after.memoryBytes === before.memoryBytes) return undefined;
  const pods =
    more === 0 ? 'as many pods' : `${count(Math.abs(more), more > 0 ? 'more pod' : 'pod')}${more < 0 ? ' less' : ''}`;
  return `Preview: ${pods}, ${formatCpu(after.cpuMilli)} CPU and ${formatBytes(after.memoryBytes)} requested`;
}

/** Cards drawn of hosts that do not exist yet. */
const shownHosts = 12;

/** The hosts that the preview adds. */
export function PreviewHosts(): ReactNode {
  const scene = usePreview(({ preview }) => preview?.scene);
  if (!scene || scene.added.length === 0) return null;
  return (
    <section className="zone-group" aria-label="Hosts of the preview">
      <h2 className="zone">Preview: {count(scene.added.length, 'more host')}</h2>
      <div className="nodes">
        {scene.added.slice(0, shownHosts).map((host) => (
          <PreviewHost key={host.name} host={host} ghosts={scene.ghostsOn.get(host.name) ?? []} />
        ))}
      </div>
    </section>
  );
}

interface PreviewHostProps {
  readonly host: SimulatedNode;
  readonly ghosts: readonly PreviewGhost[];
}

function PreviewHost({ host, ghosts }: PreviewHostProps): ReactNode {
  const { allocatable, after } = host;
  return (
    <article className="node is-preview" aria-label={`${host.name}, preview`} data-preview-host={host.name}>
      <h3>{host.name}</h3>
      <p className="muted">
        {formatCpu(after.cpuMilli)} of {formatCpu(allocatable.cpuMilli)} CPU, {formatBytes(after.memoryBytes)} of{' '}
        {formatBytes(allocatable.memoryBytes)} requested
      </p>
      <div className="preview-pods">
        {ghosts.slice(0, 60).map((ghost) => (
          <span
            key={ghost.id}
            className="tile tile-ghost"
            style={hueStyle(ghost.hue)}
            title={ghost.ownerName}
            data-ghost={ghost.ownerName}
          />
        ))}
        {ghosts.length > 60 && <span className="muted">and {ghosts.length - 60} more</span>}
      </div>
    </article>
  );
}
