// A picture of a terminal session, as `script` recorded it.
// usage: node terminal.mjs BROWSER TYPESCRIPT PICTURE
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [browserPath, recorded, picture] = process.argv.slice(2);
const STYLES = { 1: 'font-weight:700', 2: 'opacity:.65', 31: 'color:#ff7b72', 32: 'color:#7ee787', 33: 'color:#f2cc60', 36: 'color:#79c0ff' };
const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** A line as it stood at last: what was written over is gone, colours are spans. */
function line(text) {
  const last = text.replace(/\r+$/, '').split('\r').pop().replace(/\x1b\[[0-9;?]*[A-HJKSThl]/g, '');
  let html = '', open = 0;
  for (const part of last.split(/(\x1b\[[0-9;]*m)/)) {
    const codes = part.match(/^\x1b\[([0-9;]*)m$/)?.[1];
    if (codes === undefined) {
      html += escaped(part);
    } else if (codes === '' || codes === '0') {
      html += '</span>'.repeat(open);
      open = 0;
    } else {
      const css = codes.split(';').map((code) => STYLES[code % 60] ?? '').filter(Boolean).join(';');
      html += `<span style="${css}">`;
      open += 1;
    }
  }
  return html + '</span>'.repeat(open);
}

const lines = readFileSync(recorded, 'utf8').split('\n').filter((text) => !/^Script (started|done)/.test(text));
const body = lines.map(line).join('\n').trim();
const browser = await chromium.launch({ executablePath: browserPath, chromiumSandbox: process.getuid() !== 0 });
const page = await browser.newPage({ viewport: { width: 1220, height: 800 } });
await page.setContent(`<body style="margin:0;background:#0d1117"><pre style="margin:0;padding:16px;color:#e6edf3;font:13px/1.4 'DejaVu Sans Mono',monospace;display:inline-block">${body}</pre>`);
await page.locator('pre').screenshot({ path: picture });
await browser.close();
