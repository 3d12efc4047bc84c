import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app.tsx';
import { ClusterStore } from './state/cluster-store.ts';
import { startFeed } from './state/feed-client.ts';
import { keepSearch } from './state/url-search.ts';
import { Replay } from './timeline/replay.ts';
import { ReplayProvider } from './timeline/replay-context.tsx';
import { fetchSegment } from './timeline/segment-cache.ts';
import { TimelineBook } from './timeline/timeline-book.ts';
import './styles/base.css';
import './styles/page.css';
import './styles/fleet.css';
import './styles/inspector.css';
import './styles/scaling.css';
import './styles/presenter.css';
import './timeline/timeline.css';
import { TileMotion } from './view/motion.ts';
import { MotionContext } from './view/motion-context.ts';

const store = new ClusterStore();
const motion = new TileMotion();
const replay = new Replay({ live: store, fetchSegment, beforeApply: (frames) => motion.capture(frames) });
const book = new TimelineBook(store);
store.beforeFrame = (frame) => book.note(frame);
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <MotionContext value={motion}>
    <ReplayProvider parts={{ replay, book }}>
      <Router aroundNav={(navigate, to, options) => navigate(keepSearch(to, location.search), options)}>
        <App />
      </Router>
    </ReplayProvider>
  </MotionContext>,
);
startFeed({
  store,
  url: location.origin.replace(/^http/, 'ws'),
  beforeApply(frames) {
    // While the past is shown, live frames move nothing that can be seen.
    if (replay.view.kind === 'live') motion.capture(frames);
  },
});
