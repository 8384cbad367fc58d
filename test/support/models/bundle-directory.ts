import { fileURLToPath } from 'node:url';

/** The bundle that ships with the project. */
export const BUNDLE_DIRECTORY = fileURLToPath(new URL('../../../models/undertone-mini', import.meta.url));
