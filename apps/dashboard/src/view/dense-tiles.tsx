import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { count, nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesPod } from '../state/filter.ts';
import { type TileState, tileState } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import { useShownTheme } from '../state/theme.ts';
import { useUi } from '../state/ui.ts';
import { useGhosts, useWidth } from './node-tiles.tsx';

/** Pixels from one square to the next. */
const pitch = 10;
const square = 8;

/** The pods of a node as squares on a canvas: for clusters where an element per pod would be too many. */
export function DenseTiles({ store, node }: { readonly store: ClusterStore; readonly node: FeedNode }): ReactNode {
  const [box, width] = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, navigate] = useLocation();
  const filter = useUi((ui) => ui.filter);
  const theme = useShownTheme();
  const pods = [...store.podsOn(node.key).values(), ...useGhosts(store, node).values()].sort((a, b) =>
    a.key.localeCompare(b.key),
  );
  const columns = Math.max(1, Math.floor(width / pitch));
  const height = Math.max(1, Math.ceil(pods.length / columns)) * pitch;
  useEffect(() => {
    if (canvas.current && theme) draw(canvas.current, { store, node, pods, columns, filter });
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
        aria-label={`${count(pods.length, 'pod')} on ${node.key}; the table lists them`}
        onClick={select}
      />
    </div>
  );
}

interface Drawing {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly pods: readonly FeedPod[];
  readonly columns: number;
  readonly filter: string;
}

function draw(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const palette = Array.from({ length: 8 }, (_, hue) => style.getPropertyValue(`--hue-${hue}`));
  const { store, node, pods, columns, filter } = drawing;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  pods.forEach((pod, index) => {
    const color = palette[store.hues.of(store.rootOf(pod).uid)] ?? '#888';
    context.globalAlpha = matchesPod(store, pod, filter) ? 1 : 0.15;
    drawPod(context, (index % columns) * pitch, Math.floor(index / columns) * pitch, color, tileState(pod, node));
  });
}

/** Ready is full, on the way is a half, in trouble is an outline with a cross: told apart without colour. */
function drawPod(context: CanvasRenderingContext2D, x: number, y: number, color: string, state: TileState): void {
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
