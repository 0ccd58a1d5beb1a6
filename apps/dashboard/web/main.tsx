import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/pages.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { loadFirstTexts } from './words.ts';

loadFirstTexts().catch(() => {
  document.body.textContent = 'The console did not load. Reload this page. 加载失败，请刷新页面。';
});
render(<App />, document.getElementById('app') as HTMLElement);
