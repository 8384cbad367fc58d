// `npm run notice`: rewrites the generated part of NOTICE.
import { readFileSync, writeFileSync } from 'node:fs';
import { noticeWith } from './notice.ts';
import { productionPackages } from './production-packages.ts';

const NOTICE = new URL('../../NOTICE', import.meta.url);
writeFileSync(NOTICE, noticeWith(readFileSync(NOTICE, 'utf8'), productionPackages()));
