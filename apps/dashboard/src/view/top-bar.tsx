import type { ReactNode } from 'react';
import { formatBytes, formatCpu, formatSpan } from '../format.ts';
import { usePalette } from '../palette/palette-state.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { switchFleetView, useFleetView } from '../state/fleet-view.ts';
import { useCluster, useNow, usePacedCluster } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { nodeRails, type Rail, type Rails, sumRails } from '../state/rails.ts';
import { parseSelection } from '../state/selection.ts';
import { type Theme, useUi } from '../state/ui.ts';
import { setFilter, useFilter } from '../state/use-filter.ts';
import { clockTime } from '../timeline/instant.ts';

/** The whole cluster in one line: name, hosts, sums, filter, and whether what you see is live. */
export function TopBar(): ReactNode {
  return (
    <header className="top">
      <ClusterName />
      <Totals />
      <Controls />
      <LiveMark />
    </header>
  );
}

function ClusterName(): ReactNode {
  const store = useCluster('cluster');
  return (
    <h1 className="brand" title={store.cluster ? `Gantry ${store.cluster.version}` : undefined}>
      <img src="/icon.svg" alt="" width={22} height={22} />
      <span>{store.cluster?.name ?? 'Gantry'}</span>
      {store.cluster?.role === 'read-only' && <span className="badge">read-only</span>}
    </h1>
  );
}

function Totals(): ReactNode {
  const store = usePacedCluster('totals');
  const nodes = [...store.nodes.values()];
  const ready = nodes.filter(isNodeReady).length;
  const rails = clusterRails(store);
  return (
    <dl className="totals" data-totals="">
      <div className={ready < nodes.length ? 'total is-short' : 'total'}>
        <dt>Hosts ready</dt>
        <dd>
          {ready} <small>of {nodes.length}</small>
        </dd>
      </div>
      <Total name="CPU" rail={rails.cpu} format={formatCpu} />
      <Total name="Memory" rail={rails.memory} format={formatBytes} />
      <div className="total">
        <dt>Pods</dt>
        <dd>{rails.podCount}</dd>
      </div>
    </dl>
  );
}

function Total({
  name,
  rail,
  format,
}: {
  readonly name: string;
  readonly rail: Rail;
  readonly format: (n: number) => string;
}): ReactNode {
  const share = (amount: number): string =>
    `${rail.allocatable > 0 ? Math.min(100, (amount / rail.allocatable) * 100) : 0}%`;
  return (
    <div className="total total-rail">
      <dt>{name} requested</dt>
      <dd>
        {format(rail.requested)} <small>of {format(rail.allocatable)}</small>
        {rail.used !== undefined && <small>, {format(rail.used)} used</small>}
      </dd>
      <span className="mini-bar" aria-hidden="true">
        <span className="rail-requests" style={{ width: share(rail.requested) }} />
        <span className="rail-used" style={{ width: share(rail.used ?? 0) }} />
      </span>
    </div>
  );
}

/** Sums over the nodes that are Ready: what is lost is not there to be requested. */
export function clusterRails(store: ClusterStore): Rails {
  const ready = [...store.nodes.values()].filter(isNodeReady);
  return sumRails(ready.map((node) => nodeRails(node, store.podsOn(node.key).values(), store.usage.get(node.key))));
}

const themeWords: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' };

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

function Controls(): ReactNode {
  const ui = useUi();
  const filter = useFilter();
  const view = useFleetView();
  const isAdmin = useCluster('cluster').cluster?.role === 'admin';
  return (
    <div className="controls">
      <input
        id="filter"
        type="search"
        placeholder="Filter  ( / )"
        aria-label="Filter pods, workloads, nodes and events"
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
      <button type="button" className="button" aria-pressed={view === 'table'} onClick={switchFleetView}>
        Table
      </button>
      <button
        type="button"
        className="button"
        aria-label={`${themeWords[ui.theme]} theme, change`}
        onClick={() => ui.setTheme(nextTheme[ui.theme])}
      >
        {themeWords[ui.theme]}
      </button>
      {isAdmin && (
        <button type="button" className="button" aria-pressed={ui.isTourOpen} onClick={() => ui.setTourOpen(true)}>
          Tour
        </button>
      )}
      <button
        type="button"
        className="button"
        aria-label="Command palette, Ctrl K"
        onClick={() => usePalette.getState().open(parseSelection(location.pathname))}
      >
        Ctrl K
      </button>
      <button type="button" className="button" aria-label="Keyboard help" onClick={() => ui.setHelpOpen(true)}>
        ?
      </button>
    </div>
  );
}

function LiveMark(): ReactNode {
  const { connection } = useCluster('connection');
  const now = useNow(1000, connection.kind === 'stale');
  const words =
    connection.kind === 'live'
      ? 'Live'
      : connection.kind === 'past'
        ? `Viewing ${clockTime(connection.at)}`
        : connection.kind === 'stale'
          ? `Stale ${formatSpan(Math.max(now, Date.now()) - connection.since)}`
          : connection.kind === 'connecting'
            ? 'Connecting'
            : 'Signed out';
  return (
    <span className={`live live-${connection.kind}`} data-live={connection.kind}>
      <span className="live-dot" aria-hidden="true" />
      {words}
    </span>
  );
}
