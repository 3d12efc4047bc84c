import { defaultVmModel } from '@gantry/core/density/vm-model';
import { expect, it } from 'vitest';
import { parseVmModel, vmModelText } from './vm-link.ts';

it('keeps a changed model in a link and the default out of it', () => {
  const model = { ...defaultVmModel, guestMemoryBytes: 512 * 2 ** 20, vcpusPerCore: 1.5, bootSeconds: 45 };
  expect(vmModelText(model)).toBe('512,1,1.5,64,45');
  expect(parseVmModel(vmModelText(model))).toEqual(model);
  expect(vmModelText(defaultVmModel)).toBeUndefined();
  expect(parseVmModel(undefined)).toEqual(defaultVmModel);
});

it('takes nonsense in a link for the default, and what is out of range for the nearest that is in it', () => {
  expect(parseVmModel('x,,NaN')).toEqual(defaultVmModel);
  expect(parseVmModel('-5,1,0').guestMemoryBytes).toBe(0);
  expect(parseVmModel('-5,1,0').vcpusPerCore).toBe(0.25);
});
