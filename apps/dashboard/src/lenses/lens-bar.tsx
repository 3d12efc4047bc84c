import { lazy, type ReactNode, Suspense } from 'react';
import { useSearchValue } from '../state/url-search.ts';
import { GroupBy } from '../view/group-by.tsx';
import { lensNames, lensWords } from './lens.ts';
import { fleetPanels } from './panels.ts';
import { useLens } from './use-lens.ts';

/** Loaded by those who ask. */
const VmPanel = lazy(() => import('./vm-panel.tsx'));
const WhatIfPanel = lazy(() => import('../what-if/what-if-panel.tsx'));
const ServicesPanel = lazy(() => import('../services/services-panel.tsx'));
const RightSizingPanel = lazy(() => import('../right-sizing/right-sizing-panel.tsx'));
const RebalancePanel = lazy(() => import('../what-if/rebalance-panel.tsx'));

/** Above the fleet: what the area of a tile stands for, to choose, and in words. */
export function LensBar(): ReactNode {
  const [lens, setLens] = useLens();
  const [whatIf, setWhatIf] = useSearchValue('whatif');
  const [services, setServices] = useSearchValue('services');
  const [rightSizing, setRightSizing] = useSearchValue('rightsizing');
  const [rebalance, setRebalance] = useSearchValue('rebalance');
  return (
    <>
      <div className="lens-bar">
        <fieldset className="lenses">
          <legend className="visually-hidden">Size of the tiles</legend>
          {lensNames.map((name) => (
            <label key={name} className={name === lens ? 'lens is-chosen' : 'lens'}>
              <input type="radio" name="lens" value={name} checked={name === lens} onChange={() => setLens(name)} />
              {lensWords[name].name}
            </label>
          ))}
        </fieldset>
        <p className="muted lens-says" title={lensWords[lens].says}>
          {lensWords[lens].says}
        </p>
        <GroupBy />
        <button
          type="button"
          className="button"
          aria-expanded={services !== undefined}
          onClick={() => setServices(services === undefined ? fleetPanels.services : undefined)}
        >
          Services
        </button>
        <button
          type="button"
          className="button"
          aria-expanded={whatIf !== undefined}
          onClick={() => setWhatIf(whatIf === undefined ? fleetPanels.whatif : undefined)}
        >
          What if…
        </button>
        <button
          type="button"
          className="button"
          aria-expanded={rebalance !== undefined}
          onClick={() => setRebalance(rebalance === undefined ? fleetPanels.rebalance : undefined)}
        >
          Rebalance…
        </button>
        <button
          type="button"
          className="button"
          aria-expanded={rightSizing !== undefined}
          onClick={() => setRightSizing(rightSizing === undefined ? fleetPanels.rightsizing : undefined)}
        >
          Right-size…
        </button>
      </div>
      <Suspense>
        {services !== undefined && <ServicesPanel />}
        {whatIf !== undefined && <WhatIfPanel />}
        {rebalance !== undefined && <RebalancePanel />}
        {rightSizing !== undefined && <RightSizingPanel />}
        {lens === 'vms' && <VmPanel />}
      </Suspense>
    </>
  );
}
