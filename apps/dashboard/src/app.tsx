import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { useActionKeys } from './actions/action-keys.ts';
import { ActionNotice } from './actions/action-notice.tsx';
import { Palette } from './palette/palette.tsx';
import { useFleetView } from './state/fleet-view.ts';
import { useCluster } from './state/hooks.ts';
import { useSelection } from './state/selection.ts';
import { useUi } from './state/ui.ts';
import { useSearchValue } from './state/url-search.ts';
import { PastBanner } from './timeline/past-banner.tsx';
import { useReplay } from './timeline/replay-context.tsx';
import { Timeline } from './timeline/timeline.tsx';
import { WhatChangedDialog } from './timeline/what-changed-dialog.tsx';
import { Banner } from './view/banner.tsx';
import { EventsPanel } from './view/events-panel.tsx';
import { Fleet } from './view/fleet.tsx';
import { HelpDialog } from './view/help-dialog.tsx';
import { Inspector } from './view/inspector.tsx';
import { LiveRegion } from './view/live-region.tsx';
import { PendingTray } from './view/pending-tray.tsx';
import { TableView } from './view/table-view.tsx';
import { TopBar } from './view/top-bar.tsx';

const TourPanel = lazy(() => import('./tour/tour-panel.tsx'));

/** The one screen: fleet, pending tray and events on the left, the inspector on the right. */
export function App(): ReactNode {
  const [selection] = useSelection();
  const theme = useUi((ui) => ui.theme);
  const view = useFleetView();
  const isTourOpen = useUi((ui) => ui.isTourOpen);
  const isPast = useReplay().view.kind !== 'live';
  const [present] = useSearchValue('present');
  useActionKeys();
  const name = useCluster('cluster').cluster?.name;
  useEffect(() => {
    document.title = name ? `${name} · Gantry` : 'Gantry';
  }, [name]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <div className={pageClass(isPast, present !== undefined)}>
      <TopBar />
      <Banner />
      <PastBanner />
      <main className={`main is-${view}`} aria-label="Cluster">
        <div className="stage">{view === 'table' ? <TableView /> : <Fleet selection={selection} />}</div>
        <PendingTray selection={selection} />
        <EventsPanel />
      </main>
      <Inspector selection={selection} />
      <Timeline />
      <ActionNotice />
      <Palette />
      <HelpDialog />
      {isTourOpen && (
        <Suspense>
          <TourPanel />
        </Suspense>
      )}
      <WhatChangedDialog />
      <LiveRegion />
    </div>
  );
}

function pageClass(isPast: boolean, isPresenting: boolean): string {
  return ['page', isPast ? 'is-past' : '', isPresenting ? 'is-presenting' : ''].filter(Boolean).join(' ');
}
