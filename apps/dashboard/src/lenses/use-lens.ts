import type { VmModel } from '@gantry/core/density/vm-model';
import { useMemo } from 'react';
import { useSearchValue } from '../state/url-search.ts';
import { type Lens, parseLens } from './lens.ts';
import { parseVmModel, vmModelText } from './vm-link.ts';

/** The lens in force and how to change it; a link holds it (`?lens=used`). */
export function useLens(): [Lens, (lens: Lens) => void] {
  const [text, setText] = useSearchValue('lens');
  return [parseLens(text), (lens) => setText(lens === 'requests' ? undefined : lens)];
}

/** The model of virtual machines in force and how to change it; a link holds it (`?vm=256,1,4,64,20`). */
export function useVmModel(): [VmModel, (model: VmModel) => void] {
  const [text, setText] = useSearchValue('vm');
  // One object per text: what is drawn from it compares by identity.
  return [useMemo(() => parseVmModel(text), [text]), (model) => setText(vmModelText(model))];
}
