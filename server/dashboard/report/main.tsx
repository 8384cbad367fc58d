import { render } from 'preact';
import '../styles/report.css';
import { embeddedSound } from './embedded-sound.ts';
import { createPlayer } from './player.ts';
import { REPORT_DATA_ID, type ReportData } from './report-data.ts';
import { ReportPage } from './report-page.tsx';

const root = document.getElementById('app');
const json = document.getElementById(REPORT_DATA_ID)?.textContent;
if (root !== null && json) {
  const data = JSON.parse(json) as ReportData;
  render(<ReportPage data={data} player={createPlayer(embeddedSound(), data.durationMs)} />, root);
}
