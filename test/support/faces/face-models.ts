import { FACE_GRAPHS, openFaceModels } from '../../../models/faces/face-models.ts';
import type { FaceModels } from '../../../models/index.ts';
import { openLocalGraphRunner } from './local-graph-runner.ts';

let opened: Promise<FaceModels> | undefined;

/** The real face models, loaded once per test file. */
export function localFaceModels(): Promise<FaceModels> {
  opened ??= openLocalGraphRunner(FACE_GRAPHS).then(openFaceModels);
  return opened;
}
