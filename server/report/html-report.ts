import { createHash } from 'node:crypto';
import { buildSync } from 'esbuild';
import { bundleOptions } from '../dashboard/bundle.ts';
import { REPORT_DATA_ID, type ReportData } from '../dashboard/report/report-data.ts';

export type { ReportData } from '../dashboard/report/report-data.ts';

/**
 * A finished call as one HTML file: summary, timeline and transcript, drawn by the dashboard's own components. The file
 * needs no network. Its content security policy allows only its own script and style.
 *
 * @throws esbuild's `BuildFailure` when the sources do not compile.
 */
export function renderHtmlReport(data: ReportData): string {
  const { script, style } = bundleReport();
  const policy = `default-src 'none'; script-src '${sha256(script)}'; style-src '${sha256(style)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(data.title)} – Undertone</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This report draws itself with JavaScript. Switch it on for this file; nothing is sent anywhere.</noscript>
<script type="application/json" id="${REPORT_DATA_ID}">${scriptJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function bundleReport(): { script: string; style: string } {
  const { outputFiles } = buildSync({ ...bundleOptions('report/main.tsx'), format: 'iife', write: false });
  const text = (extension: string): string =>
    outputFiles.find((file) => file.path.endsWith(extension))?.text.trim() ?? '';
  return { script: text('.js'), style: text('.css') };
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** JSON that cannot end the script element that contains it. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
