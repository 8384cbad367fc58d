// `npm run --silent sbom`: prints the bill of materials, CycloneDX 1.6 in JSON.
import { sbom } from './sbom.ts';

process.stdout.write(`${JSON.stringify(sbom(), null, 2)}\n`);
