import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogHandlers, LogQuery } from '../api/pod-log.ts';
import { ApiRefusal } from '../api/refusal.ts';
import { feedPod } from '../testing/feed-objects.ts';
import { LogBuffer } from './log-buffer.ts';
import { type LogEntry, parseLogLine } from './log-entry.ts';
import { LogSession, maxStreams } from './log-session.ts';
import { shortNames, wantedLogs } from './log-sources.ts';

const at = (seconds: number, fraction = ''): string =>
  `2026-11-21T12:00:${String(seconds).padStart(2, '0')}${fraction}Z`;
const entry = (time: string, text: string): LogEntry => ({ ...parseLogLine(`${time} ${text}`, ''), source: 0 });

describe('a line', () => {
  it('has a time that compares as text, whatever its fraction and zone', () => {
    expect(parseLogLine('2026-11-21T12:00:00.5Z hello', '')).toEqual({
      time: '2026-11-21T12:00:00.500000000Z',
      text: 'hello',
    });
    expect(parseLogLine('2026-11-21T14:00:01+02:00 hello\r', '').time).toBe('2026-11-21T12:00:01.000000000Z');
    expect(parseLogLine('no time', 'before')).toEqual({ time: 'before', text: 'no time' });
  });
});

describe('the buffer', () => {
  it('keeps lines of several streams in the order of their times', () => {
    const buffer = new LogBuffer();
    buffer.add([entry(at(1), 'a1'), entry(at(3), 'a3')]);
    buffer.add([entry(at(2), 'b2'), entry(at(3), 'b3'), entry(at(1), 'b1')]);
    expect(buffer.entries.map(({ text }) => text)).toEqual(['a1', 'b1', 'b2', 'a3', 'b3']);
  });

  it('drops the oldest beyond its bounds, by lines and by characters', () => {
    const buffer = new LogBuffer({ entries: 3, characters: 100 });
    buffer.add([1, 2, 3, 4].map((second) => entry(at(second), `line ${second}`)));
    expect([buffer.entries.map(({ text }) => text), buffer.dropped]).toEqual([['line 2', 'line 3', 'line 4'], 1]);
    buffer.add([entry(at(5), 'x'.repeat(95))]);
    expect(buffer.entries.map(({ text }) => text.length)).toEqual([95]);
    expect(buffer.dropped).toBe(4);
  });
});

interface Opened {
  readonly pod: string;
  readonly query: LogQuery;
  readonly handlers: LogHandlers;
  isStopped: boolean;
}

describe('a session', () => {
  let opened: Opened[];
  let session: LogSession;
  beforeEach(() => {
    vi.useFakeTimers();
    opened = [];
    session = new LogSession({
      isPrevious: false,
      now: () => Date.parse(at(30)),
      open: (pod, query, handlers) => {
        const connection = { pod: pod.key, query, handlers, isStopped: false };
        opened.push(connection);
        return {
          stop() {
            connection.isStopped = true;
          },
        };
      },
    });
  });
  afterEach(() => {
    session.stop();
    vi.useRealTimers();
  });

  const want = (pods: Parameters<typeof wantedLogs>[0], lost: string[] = []): void =>
    session.want({ logs: wantedLogs(pods, undefined), lostNodes: new Set(lost) });
  const texts = (): string[] => {
    vi.advanceTimersByTime(100);
    return session.entries.map(({ text }) => text);
  };
  const running = (name: string, restarts = 0) =>
    feedPod(name, {
      nodeName: 'node-1',
      containers: [{ name: 'app', image: 'x', state: 'running', restarts }],
    });

  it('goes on after a lost connection without doubled or lost lines', () => {
    want([running('web-1')]);
    opened[0]?.handlers.onText(`${at(1)} one\n${at(2, '.5')} two\n${at(2, '.5')} tw`);
    opened[0]?.handlers.onText('o again\n');
    opened[0]?.handlers.onFailure(new ApiRefusal(0, 'Unreachable', 'gone'));
    vi.advanceTimersByTime(1_000);
    expect(opened[1]?.query).toMatchObject({ sinceTime: '2026-11-21T12:00:02.500000000Z' });
    opened[1]?.handlers.onText(
      `${at(2, '.25')} older\n${at(2, '.5')} two\n${at(2, '.5')} two again\n${at(2, '.5')} third\n${at(3)} new\n`,
    );
    expect(texts()).toEqual(['one', 'two', 'two again', 'third', 'new']);
  });

  it('follows the next run when a container was restarted, and tells so between the lines', () => {
    want([running('web-1')]);
    opened[0]?.handlers.onText(`${at(1)} first run\n`);
    opened[0]?.handlers.onEnd();
    want([running('web-1', 1)]);
    expect(opened).toHaveLength(2);
    opened[1]?.handlers.onText(`${at(40)} second run\n`);
    expect(texts()).toEqual(['first run', 'web-1: app was restarted, restart 1', 'second run']);
    expect(session.sources).toHaveLength(1);
  });

  it('asks no more for a run that is over', () => {
    const done = { ...running('web-1'), containers: [{ name: 'app', image: 'x', state: 'terminated' as const }] };
    want([done]);
    opened[0]?.handlers.onText(`${at(1)} bye\n`);
    opened[0]?.handlers.onEnd();
    vi.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(1);
    expect(session.sources[0]?.state).toEqual({ kind: 'ended' });
  });

  it('says which node was lost, and that a pod is gone, and keeps its lines', () => {
    want([running('web-1'), running('web-2')]);
    opened[0]?.handlers.onText(`${at(1)} one\n`);
    want([running('web-1'), running('web-2')], ['node-1']);
    want([running('web-2')], ['node-1']);
    expect(texts()).toEqual(['one', 'node-1 does not answer: the logs of its 2 pods stop here', 'web-1 is gone']);
    expect(opened.map(({ isStopped }) => isStopped)).toEqual([true, false]);
    expect(session.sources.map(({ state }) => state.kind)).toEqual(['gone', 'connecting']);
  });

  it('follows a bounded number, says which are left out, and takes one up when there is room', () => {
    const pods = Array.from({ length: maxStreams + 2 }, (_, index) => running(`web-${index}`));
    want(pods);
    expect(opened).toHaveLength(maxStreams);
    expect(session.leftOut.map(({ pod }) => pod.key)).toEqual([
      `default/web-${maxStreams}`,
      `default/web-${maxStreams + 1}`,
    ]);
    want(pods.slice(1));
    expect(opened.at(-1)?.pod).toBe(`default/web-${maxStreams}`);
    expect(session.leftOut).toHaveLength(1);
  });

  it('forgets pods that are long gone and have no lines here', () => {
    for (let round = 0; round < 150; round++) want([running(`job-${round}`)]);
    opened.at(-1)?.handlers.onText(`${at(1)} last\n`);
    want([running('job-last')]);
    expect(texts()).toContain('last');
    expect(session.sources).toHaveLength(101);
    expect(session.entries.at(0)?.source).toBe(149);
  });

  it('asks for nothing before a container has started, says why, and follows it once it has', () => {
    const waiting = (reason?: string) => ({
      ...running('web-1'),
      containers: [{ name: 'app', image: 'x', state: 'waiting' as const, ...(reason ? { reason } : {}) }],
    });
    want([waiting()]);
    expect(session.sources[0]?.state).toEqual({ kind: 'waiting', why: 'has not started' });
    want([waiting('ImagePullBackOff')]);
    vi.advanceTimersByTime(60_000);
    expect(session.sources[0]?.state).toEqual({ kind: 'waiting', why: 'has not started: ImagePullBackOff' });
    expect(opened).toEqual([]);
    want([running('web-1')]);
    opened[0]?.handlers.onText(`${at(1)} hello\n`);
    expect(texts()).toEqual(['hello']);
  });

  it('shows why a log cannot be had', () => {
    want([running('web-1')]);
    opened[0]?.handlers.onFailure(new ApiRefusal(400, 'BadRequest', 'container "app" is waiting to start'));
    expect(session.sources[0]?.state).toEqual({ kind: 'waiting', why: 'container "app" is waiting to start' });
  });
});

it('names pods as short as tells them apart', () => {
  const names = (...keys: string[]) => [...shortNames(keys.map((key) => feedPod(key))).values()];
  expect(names('web-7d9f-x2x1q', 'web-7d9f-a1b2c')).toEqual(['x2x1q', 'a1b2c']);
  expect(names('web-7d9f-x2x1q', 'worker-5c-a1b2c')).toEqual(['web-7d9f-x2x1q', 'worker-5c-a1b2c']);
  expect(names('web-7d9f-x2x1q')).toEqual(['web-7d9f-x2x1q']);
});
