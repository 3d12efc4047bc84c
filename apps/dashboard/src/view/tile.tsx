import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { type CSSProperties, memo, type ReactNode, useContext, useLayoutEffect, useRef } from 'react';
import { formatBytes, formatCpu, nameOf } from '../format.ts';
import type { TileMarks } from '../lenses/lens.ts';
import { ClusterContext } from '../state/hooks.ts';
import { type TileState, tileState, tileStateWords } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import type { TileRect } from '../state/tile-layout.ts';
import { clockTime } from '../timeline/instant.ts';
import { followLink } from './follow-link.ts';
import { Glyph } from './glyph.tsx';
import { MotionContext } from './motion-context.ts';

export interface TileProps {
  readonly pod: FeedPod;
  readonly node: FeedNode | undefined;
  readonly ownerName: string;
  readonly hue: number;
  readonly isSelected: boolean;
  readonly isDimmed: boolean;
  /** The preview that is shown takes it away from here. */
  readonly isLeaving?: boolean;
  readonly marks?: TileMarks;
  /** Whether there is room for names in this view. */
  readonly hasLabel?: boolean;
  /** It is gone from the API; its tile stays on the lost node a while. */
  readonly isEvicted?: boolean;
  /** Absolute place in a node's area; absent in the pending tray, where tiles flow. */
  readonly rect?: TileRect;
}

/** Text is shown from this width, in pixels, on a tile without a glyph and with one: less would be cut to nothing. */
const labelWidth = { plain: 40, glyph: 56 };

const noMarks: TileMarks = {};

/** A pod: a link to its details, coloured by owner, with pattern and glyph by state. */
export const Tile = memo(function Tile(props: TileProps): ReactNode {
  const { pod, rect, marks = noMarks } = props;
  const state = tileState(pod, props.node);
  const ref = useTileMotion(pod.uid);
  const label =
    tileLabel(pod, state, props.ownerName, props.isEvicted) +
    markWords(marks) +
    (props.isLeaving ? ', would leave in the preview' : '');
  const isWide = rect && rect.width >= (state === 'ready' ? labelWidth.plain : labelWidth.glyph);
  return (
    <a
      ref={ref}
      href={objectPath('Pod', pod.key.split('/')[0], nameOf(pod.key))}
      onClick={followLink}
      className={tileClass(state, props)}
      style={rect ? placed(rect, props.hue, marks) : hueStyle(props.hue)}
      aria-label={label}
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
      {props.hasLabel !== false && isWide && <span className="tile-name">{props.ownerName}</span>}
      {marks.isThrottled && (
        <span className="tile-badge" aria-hidden="true">
          T
        </span>
      )}
      {rect && marks.memory !== undefined && <span className={ringClass(marks.memory)} aria-hidden="true" />}
    </a>
  );
}, sameTile);

/** From here on the working set is close enough to the limit that the kernel may soon kill. */
const nearLimit = 0.9;

function ringClass(memory: number): string {
  return memory >= nearLimit ? 'tile-ring is-near' : 'tile-ring';
}

function markWords(marks: TileMarks): string {
  const words = [
    marks.memory === undefined ? '' : `, memory at ${Math.round(marks.memory * 100)} % of its limit`,
    marks.fill === undefined ? '' : `, uses ${Math.round(marks.fill * 100)} % of its request`,
    marks.isThrottled ? ', throttled by its CPU limit' : '',
  ];
  return words.join('');
}

/** What a tile says in words: to screen readers and as a tooltip. */
export function tileLabel(pod: FeedPod, state: TileState, ownerName: string, isEvicted = false): string {
  const words = tileStateWords[state] + (isEvicted ? ', evicted' : '');
  const status = pod.status === tileStateWords[state] || pod.status === 'Running' ? '' : `, ${pod.status}`;
  const requests = `requests ${formatCpu(pod.requests.cpuMilli)} CPU, ${formatBytes(pod.requests.memoryBytes)}`;
  return `${nameOf(pod.key)}, ${words}${status}, ${ownerName}, ${requests}, made ${clockTime(Date.parse(pod.createdAt))}`;
}

function tileClass(state: TileState, props: TileProps): string {
  const marks = [
    props.isSelected ? 'is-selected' : '',
    props.isDimmed ? 'is-dimmed' : '',
    props.isLeaving ? 'is-leaving' : '',
    props.rect ? 'is-placed' : '',
    props.marks?.fill === undefined ? '' : 'is-filled',
  ];
  return ['tile', `tile-${state}`, ...marks].filter(Boolean).join(' ');
}

/** Gives an element and its children the hue of an owner. */
export function hueStyle(hue: number): CSSProperties {
  return { '--hue': `var(--hue-${hue})` } as CSSProperties;
}

function placed(rect: TileRect, hue: number, marks: TileMarks): CSSProperties {
  return {
    ...hueStyle(hue),
    ...(marks.memory === undefined ? {} : { '--memory': `${marks.memory}turn` }),
    ...(marks.fill === undefined ? {} : { '--used': `${marks.fill * 100}%` }),
    transform: `translate(${rect.x.toFixed(1)}px, ${rect.y}px)`,
    width: rect.width,
    height: rect.height,
  } as CSSProperties;
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
    a.isEvicted === b.isEvicted &&
    a.isLeaving === b.isLeaving &&
    a.hasLabel === b.hasLabel &&
    sameMarks(a.marks ?? noMarks, b.marks ?? noMarks) &&
    sameRect(a.rect, b.rect)
  );
}

function sameMarks(a: TileMarks, b: TileMarks): boolean {
  return a === b || (a.memory === b.memory && a.fill === b.fill && a.isThrottled === b.isThrottled);
}

function sameRect(a: TileRect | undefined, b: TileRect | undefined): boolean {
  return a === b || (!!a && !!b && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height);
}
