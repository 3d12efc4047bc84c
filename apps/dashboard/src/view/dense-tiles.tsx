import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { count, nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesPod } from '../state/filter.ts';
import { type TileState, tileState } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import { useShownTheme } from '../state/theme.ts';
import { useFilter } from '../state/use-filter.ts';
import { usePreview } from '../what-if/preview.ts';
import type { PreviewGhost } from '../what-if/preview-scene.ts';
import { useWidth } from './node-tiles.tsx';

/** Pixels from one square to the next. */
const pitch = 10;
const square = 8;
const noGhosts: readonly PreviewGhost[] = [];

/**
 * The pods of a node as squares on a canvas: for clusters where an element per pod would be too many. Those that a
 * preview adds come after them.
 */
export function DenseTiles({ store, node }: { readonly store: ClusterStore; readonly node: FeedNode }): ReactNode {
  const [box, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, navigate] = useLocation();
  const filter = useFilter();
  const theme = useShownTheme();
  const pods = [...store.podsOn(node.key).values(), ...store.ghosts.on(node.key).values()].sort((a, b) =>
    a.key.localeCompare(b.key),
  );
  const previewed = usePreview(({ preview }) => preview?.scene?.ghostsOn.get(node.key)) ?? noGhosts;
  const leaving = usePreview(({ preview }) => preview?.scene?.leaving);
  const columns = Math.max(1, Math.floor(width / pitch));
  const height = Math.max(1, Math.ceil((pods.length + previewed.length) / columns)) * pitch;
  useEffect(() => {
    if (canvas.current && theme) draw(canvas.current, { store, node, pods, previewed, leaving, columns, filter });
  });
  const select = (event: MouseEvent<HTMLCanvasElement>): void => {
    const { offsetX, offsetY } = event.nativeEvent;
    const pod = pods[Math.floor(offsetY / pitch) * columns + Math.floor(offsetX / pitch)];
    if (pod) navigate(objectPath('Pod', namespaceOf(pod.key), nameOf(pod.key)));
  };
  return (
    <div ref={box} className="dense">
      <canvas
        ref={canvas}
        width={width * devicePixelRatio}
        height={height * devicePixelRatio}
        style={{ width, height }}
        role="img"
        aria-label={`${count(pods.length, 'pod')} on ${node.key}${previewWords(previewed.length)}; the table lists them`}
        data-ghosts={previewed.length || undefined}
        onClick={select}
      />
    </div>
  );
}

function previewWords(ghosts: number): string {
  return ghosts === 0 ? '' : `, ${ghosts} more in the preview`;
}

interface Drawing {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly pods: readonly FeedPod[];
  readonly previewed: readonly PreviewGhost[];
  /** Keys of pods that would not stay. */
  readonly leaving: ReadonlySet<string> | undefined;
  readonly columns: number;
  readonly filter: string;
}

function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const palette = Array.from({ length: 8 }, (_, hue) => style.getPropertyValue(`--hue-${hue}`));
  const { store, node, pods, previewed, leaving, columns, filter } = drawing;
  const placeOf = (index: number): Place => ({ x: (index % columns) * pitch, y: Math.floor(index / columns) * pitch });
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  pods.forEach((pod, index) => {
    const color = palette[store.hues.of(store.rootOf(pod).uid)] ?? '#888';
    context.globalAlpha = matchesPod(store, pod, filter) ? 1 : 0.15;
    if (leaving?.has(pod.key)) drawDashed(context, placeOf(index), color, leavingDash);
    else drawPod(context, placeOf(index), color, tileState(pod, node));
  });
  context.globalAlpha = 1;
  previewed.forEach(({ hue }, index) => {
    drawDashed(context, placeOf(pods.length + index), palette[hue] ?? '#888', ghostDash);
  });
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** As the tiles have it: what would come is dashed; what would go is dotted. */
const ghostDash = [3, 2];
const leavingDash = [1, 2];

function drawDashed(context: CanvasRenderingContext2D, { x, y }: Place, color: string, dash: readonly number[]): void {
  context.strokeStyle = color;
  context.lineWidth = 1.4;
  context.setLineDash([...dash]);
  context.strokeRect(x + 0.7, y + 0.7, square - 1.4, square - 1.4);
  context.setLineDash([]);
}

/** Ready is full, on the way is a half, in trouble is an outline with a cross: told apart without colour. */
function drawPod(context: CanvasRenderingContext2D, { x, y }: Place, color: string, state: TileState): void {
  context.fillStyle = color;
  context.strokeStyle = color;
  context.lineWidth = 1.4;
  if (state === 'ready') return context.fillRect(x, y, square, square);
  context.strokeRect(x + 0.7, y + 0.7, square - 1.4, square - 1.4);
  if (state === 'starting' || state === 'creating') return context.fillRect(x, y + square / 2, square, square / 2);
  if (state === 'terminating' || state === 'succeeded') return;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + square, y + square);
  context.moveTo(x + square, y);
  context.lineTo(x, y + square);
  context.stroke();
}
