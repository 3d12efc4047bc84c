import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app.tsx';
import { ClusterStore } from './state/cluster-store.ts';
import { startFeed } from './state/feed-client.ts';
import { ClusterContext } from './state/hooks.ts';
import { keepSearch } from './state/url-search.ts';
import './styles/base.css';
import './styles/page.css';
import './styles/fleet.css';
import './styles/inspector.css';
import './styles/scaling.css';
import { TileMotion } from './view/motion.ts';
import { MotionContext } from './view/motion-context.ts';

const store = new ClusterStore();
const motion = new TileMotion();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <MotionContext value={motion}>
    <ClusterContext value={store}>
      <Router aroundNav={(navigate, to, options) => navigate(keepSearch(to, location.search), options)}>
        <App />
      </Router>
    </ClusterContext>
  </MotionContext>,
);
startFeed({ store, url: location.origin.replace(/^http/, 'ws'), beforeApply: (frames) => motion.capture(frames) });
