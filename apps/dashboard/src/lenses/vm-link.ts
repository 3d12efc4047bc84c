import { defaultVmModel, type VmModel } from '@gantry/core/density/vm-model';

const Mi = 2 ** 20;

/** An assumption of the model as the form shows it: its unit, and the factor from there to the model's. */
export interface VmField {
  readonly field: keyof VmModel;
  readonly label: string;
  readonly unit: string;
  readonly factor: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export const vmFields: readonly VmField[] = [
  { field: 'guestMemoryBytes', label: 'Guest system memory', unit: 'Mi', factor: Mi, min: 0, max: 65_536, step: 32 },
  { field: 'minVcpuMilli', label: 'Smallest machine', unit: 'vCPU', factor: 1000, min: 0, max: 64, step: 1 },
  { field: 'vcpusPerCore', label: 'vCPUs per core', unit: '', factor: 1, min: 0.25, max: 32, step: 0.25 },
  {
    field: 'hypervisorMemoryBytes',
    label: 'Hypervisor, per machine',
    unit: 'Mi',
    factor: Mi,
    min: 0,
    max: 8192,
    step: 16,
  },
  { field: 'bootSeconds', label: 'Boot, per replica', unit: 's', factor: 1, min: 0, max: 3600, step: 1 },
];

/** The model a link holds (`vm=256,1,4,64,20`, in the order of the form); what is missing or no number is the default. */
export function parseVmModel(text: string | undefined): VmModel {
  const parts = (text ?? '').split(',');
  const values = vmFields.map(({ field, factor, min, max }, index) => {
    const shown = parts[index] ? Number(parts[index]) : Number.NaN;
    return [field, Number.isFinite(shown) ? Math.min(max, Math.max(min, shown)) * factor : defaultVmModel[field]];
  });
  return { ...defaultVmModel, ...Object.fromEntries(values) };
}

/** The inverse of {@link parseVmModel}; undefined for the default model, which needs no place in a link. */
export function vmModelText(model: VmModel): string | undefined {
  const isDefault = vmFields.every(({ field }) => model[field] === defaultVmModel[field]);
  return isDefault ? undefined : vmFields.map(({ field, factor }) => model[field] / factor).join(',');
}
