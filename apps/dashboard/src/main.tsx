import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ClusterStore } from './state/cluster-store.ts';
import { startFeed } from './state/feed-client.ts';
import { ClusterContext } from './state/hooks.ts';
import './styles/base.css';
import './styles/page.css';
import './styles/fleet.css';
import './styles/inspector.css';
import { TileMotion } from './view/motion.ts';
import { MotionContext } from './view/motion-context.ts';

const store = new ClusterStore();
const motion = new TileMotion();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <MotionContext value={motion}>
    <ClusterContext value={store}>
      <App />
    </ClusterContext>
  </MotionContext>,
);
startFeed({ store, url: location.origin.replace(/^http/, 'ws'), beforeApply: (frames) => motion.capture(frames) });
