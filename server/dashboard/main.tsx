import { render } from 'preact';
import './styles/index.css';
import { App } from './views/app.tsx';
import { applyStoredTheme } from './views/theme-toggle.tsx';

applyStoredTheme();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
