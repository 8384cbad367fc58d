import { createHash } from 'node:crypto';
import { buildSync } from 'esbuild';
import { bundleOptions } from '../dashboard/bundle.ts';
import { REPORT_DATA_ID, REPORT_SOUND_ID } from '../dashboard/report/report-data.ts';
import { type ReportSource, toReportData } from './report-content.ts';

export interface HtmlReportSource extends ReportSource {
  /** The recording's sound as WebM with Opus. Null: the report has no player. Default: null. */
  readonly sound?: Uint8Array | null;
}

/**
 * A finished call as one HTML file: verdict, measures, player, timeline and transcript. The file needs no network. Its
 * content security policy allows only its own script, style and sound.
 *
 * @throws esbuild's `BuildFailure` when the sources do not compile.
 */
export function renderHtmlReport({ sound = null, ...source }: HtmlReportSource): string {
  const data = toReportData(source);
  const { script, style } = bundleReport();
  const policy = `default-src 'none'; script-src '${sha256(script)}'; style-src '${sha256(style)}'; ${sound === null ? '' : 'media-src blob:; '}base-uri 'none'; form-action 'none'`;
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
${sound === null ? '' : `<script type="text/plain" id="${REPORT_SOUND_ID}">${Buffer.from(sound).toString('base64')}</script>\n`}<script>${script}</script>
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

/** JSON that cannot end the script element that contains it. Scores have four decimals. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'number' ? Math.round(each * 1e4) / 1e4 : each,
  )
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
