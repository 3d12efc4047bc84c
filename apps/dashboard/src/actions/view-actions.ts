import { lensNames, lensWords } from '../lenses/lens.ts';
import { setSearchValue } from '../state/url-search.ts';
import type { PageAction } from './action.ts';

const groupings = ['zone', 'pool', 'none'] as const;

/** What the fleet shows and how it is arranged. */
export const viewActions: readonly PageAction[] = [
  {
    id: 'view.present',
    title: 'Presenter mode: large counters, nothing else',
    keywords: 'demo screen projector big full',
    shortcut: 'P',
    run: () => setSearchValue('present', new URLSearchParams(location.search).has('present') ? undefined : '1'),
  },
  {
    id: 'view.right-sizing',
    title: 'Right-size workloads by what they used',
    keywords: 'recommend requests vertical usage percentile',
    run: () => setSearchValue('rightsizing', 'all'),
  },
  ...lensNames.map(
    (lens): PageAction => ({
      id: `lens.${lens}`,
      title: `Lens: ${lensWords[lens].name}`,
      keywords: 'view tiles size area',
      run: () => setSearchValue('lens', lens === 'requests' ? undefined : lens),
    }),
  ),
  ...groupings.map(
    (grouping): PageAction => ({
      id: `group.${grouping}`,
      title: grouping === 'none' ? 'Do not group nodes' : `Group nodes by ${grouping}`,
      keywords: 'view fleet arrange',
      run: () => setSearchValue('group', grouping === 'zone' ? undefined : grouping),
    }),
  ),
];
