import { render } from 'preact';
import '../styles/report.css';
import { REPORT_DATA_ID, type ReportData } from './report-data.ts';
import { ReportPage } from './report-page.tsx';

const root = document.getElementById('app');
const data = document.getElementById(REPORT_DATA_ID)?.textContent;
if (root !== null && data) render(<ReportPage data={JSON.parse(data) as ReportData} />, root);
