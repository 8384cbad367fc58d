import { KIB } from '../../../byte-units.ts';
import { type Finding, failure, ok, reasonOf } from '../finding.ts';

/** Checks that the dashboard's bundle builds. The server builds it at each start. */
export async function checkDashboard(
  build: () => Promise<ReadonlyMap<string, { body: Uint8Array }>>,
): Promise<Finding[]> {
  try {
    const files = await build();
    const bytes = [...files.values()].reduce((sum, { body }) => sum + body.byteLength, 0);
    return [ok(`builds: ${files.size} files, ${Math.round(bytes / KIB)} KiB`)];
  } catch (error) {
    return [failure(`does not build: ${reasonOf(error)}`, 'npm ci puts the packages and esbuild’s binary back.')];
  }
}
