import type { FilterBank } from '../../../pipeline/features/audio/kernels/tables/filter-bank.ts';

/** Writes each band's weighted sum of `power` into `bands`. */
export function applyFilterBank(bank: FilterBank, power: Float64Array, bands: Float64Array): void {
  for (let band = 0; band < bank.bandCount; band++) {
    const end = bank.offset[band + 1]!;
    let bin = bank.firstBin[band]!;
    let sum = 0;
    for (let i = bank.offset[band]!; i < end; i++) sum += bank.weights[i]! * power[bin++]!;
    bands[band] = sum;
  }
}
