import type { ReactNode } from 'react';
import { GroupBy } from '../view/group-by.tsx';
import { lensNames, lensWords } from './lens.ts';
import { useLens } from './use-lens.ts';
import { VmPanel } from './vm-panel.tsx';

/** Above the fleet: what the area of a tile stands for, to choose, and in words. */
export function LensBar(): ReactNode {
  const [lens, setLens] = useLens();
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
        <p className="muted lens-says">{lensWords[lens].says}</p>
        <GroupBy />
      </div>
      {lens === 'vms' && <VmPanel />}
    </>
  );
}
