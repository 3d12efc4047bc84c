import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { type CSSProperties, memo, type ReactNode, useContext, useLayoutEffect, useRef } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu, nameOf } from '../format.ts';
import { ClusterContext } from '../state/hooks.ts';
import { type TileState, tileState, tileStateWords } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import type { TileRect } from '../state/tile-layout.ts';
import { Glyph } from './glyph.tsx';
import { MotionContext } from './motion-context.ts';

export interface TileProps {
  readonly pod: FeedPod;
  readonly node: FeedNode | undefined;
  readonly ownerName: string;
  readonly hue: number;
  readonly isSelected: boolean;
  readonly isDimmed: boolean;
  /** Its CPU limit held it back lately. */
  readonly isThrottled?: boolean;
  /** It is gone from the API; its tile stays on the lost node a while. */
  readonly isEvicted?: boolean;
  /** Absolute place in a node's area; absent in the pending tray, where tiles flow. */
  readonly rect?: TileRect;
}

/** Text is shown from this width, in pixels, on a tile without a glyph and with one: less would be cut to nothing. */
const labelWidth = { plain: 40, glyph: 56 };

/** A pod: a link to its details, coloured by owner, with pattern and glyph by state. */
export const Tile = memo(function Tile(props: TileProps): ReactNode {
  const { pod, rect } = props;
  const state = tileState(pod, props.node);
  const ref = useTileMotion(pod.uid);
  const label =
    tileLabel(pod, state, props.ownerName, props.isEvicted) + (props.isThrottled ? ', throttled by its CPU limit' : '');
  return (
    <Link
      ref={ref}
      href={objectPath('Pod', pod.key.split('/')[0], nameOf(pod.key))}
      className={tileClass(state, props)}
      style={rect ? placed(rect, props.hue) : hueStyle(props.hue)}
      aria-label={label}
      title={label}
      aria-current={props.isSelected ? 'true' : undefined}
      data-tile=""
      data-uid={pod.uid}
      data-key={pod.key}
      data-state={state}
      data-evicted={props.isEvicted ? '' : undefined}
      draggable={false}
      tabIndex={-1}
    >
      <Glyph state={state} />
      {rect && rect.width >= (state === 'ready' ? labelWidth.plain : labelWidth.glyph) && (
        <span className="tile-name">{props.ownerName}</span>
      )}
      {props.isThrottled && (
        <span className="tile-badge" aria-hidden="true">
          T
        </span>
      )}
    </Link>
  );
}, sameTile);

/** What a tile says in words: to screen readers and as a tooltip. */
export function tileLabel(pod: FeedPod, state: TileState, ownerName: string, isEvicted = false): string {
  const words = tileStateWords[state] + (isEvicted ? ', evicted' : '');
  const status = pod.status === tileStateWords[state] || pod.status === 'Running' ? '' : `, ${pod.status}`;
  const requests = `requests ${formatCpu(pod.requests.cpuMilli)} CPU, ${formatBytes(pod.requests.memoryBytes)}`;
  return `${nameOf(pod.key)}, ${words}${status}, ${ownerName}, ${requests}`;
}

function tileClass(state: TileState, props: TileProps): string {
  const marks = [
    props.isSelected ? 'is-selected' : '',
    props.isDimmed ? 'is-dimmed' : '',
    props.rect ? 'is-placed' : '',
  ];
  return ['tile', `tile-${state}`, ...marks].filter(Boolean).join(' ');
}

/** Gives an element and its children the hue of an owner. */
export function hueStyle(hue: number): CSSProperties {
  return { '--hue': `var(--hue-${hue})` } as CSSProperties;
}

function placed(rect: TileRect, hue: number): CSSProperties {
  return {
    ...hueStyle(hue),
    transform: `translate(${rect.x.toFixed(1)}px, ${rect.y}px)`,
    width: rect.width,
    height: rect.height,
  };
}

function useTileMotion(uid: string): React.RefObject<HTMLAnchorElement | null> {
  const ref = useRef<HTMLAnchorElement>(null);
  const motion = useContext(MotionContext);
  const store = useContext(ClusterContext);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const forget = motion.enter(uid, element);
    return () => {
      forget();
      // A pod that is still there only moved to another place on the page, where a new tile flies in.
      if (!store.pods.has(element.dataset.key ?? '')) motion.leave(element);
    };
  }, [uid, motion, store]);
  return ref;
}

function sameTile(a: TileProps, b: TileProps): boolean {
  return (
    a.pod === b.pod &&
    a.node === b.node &&
    a.hue === b.hue &&
    a.ownerName === b.ownerName &&
    a.isSelected === b.isSelected &&
    a.isDimmed === b.isDimmed &&
    a.isThrottled === b.isThrottled &&
    a.isEvicted === b.isEvicted &&
    sameRect(a.rect, b.rect)
  );
}

function sameRect(a: TileRect | undefined, b: TileRect | undefined): boolean {
  return a === b || (!!a && !!b && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height);
}
