import { chooseOperatingPoint, readManifest } from '../../../../models/index.ts';
import type { Config } from '../../../config/config-schema.ts';
import { type Finding, failure, ok, reasonOf } from '../finding.ts';

/** Checks that the bundle has the requested operating point. No finding when none is requested. */
export async function checkOperatingPoint({
  modelBundle,
  operatingPoint,
}: Pick<Config, 'modelBundle' | 'operatingPoint'>): Promise<Finding[]> {
  if (operatingPoint === undefined) return [];
  try {
    chooseOperatingPoint((await readManifest(modelBundle)).operatingPoints, operatingPoint);
    return [ok(`operating point: the model bundle has ${operatingPoint}`)];
  } catch (error) {
    const advice = 'Set --operating-point to one that the bundle has, or leave it out.';
    return [failure(`operating point: ${reasonOf(error)}`, advice)];
  }
}
