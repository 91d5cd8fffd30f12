// What holds of every page, as a browser sees it. Each check runs inside the page.

/** Elements, attributes and structure that a report has no use for, or lacks. */
export function structure() {
  const wrong = [];
  const allowed = new Set('A BDI BODY BR BUTTON CAPTION CODE DD DETAILS DIV DL DT EM FIGCAPTION FIGURE H1 H2 H3 H4 H5 HEAD HEADER HTML LI LINK MAIN META NAV P PRE SCRIPT SECTION SPAN STRONG STYLE SUMMARY TABLE TBODY TD TH THEAD TIME TITLE TR UL svg g line rect text title'.split(' '));
  const ids = new Set();
  for (const element of document.querySelectorAll('*')) {
    if (!allowed.has(element.tagName)) wrong.push(`<${element.tagName}>`);
    for (const { name, value } of element.attributes) {
      if (/^on|^style$|^src|^srcdoc$|^action$|^xlink/i.test(name)) wrong.push(`${element.tagName} ${name}=${value}`);
      if (name === 'href' && !/^(#|data:,$)/.test(value)) wrong.push(`href=${value}`);
      if (name === 'id' && ids.size === ids.add(value).size) wrong.push(`twice: id=${value}`);
    }
  }
  if (document.scripts.length !== 1) wrong.push(`${document.scripts.length} scripts`);
  let last = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5')) {
    const level = Number(heading.tagName[1]);
    if (level > last + 1) wrong.push(`h${last}, then ${heading.outerHTML}`);
    last = level;
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption?.textContent) wrong.push('a table without a caption');
    for (const head of table.querySelectorAll('th')) if (!head.scope) wrong.push('a head without a scope');
  }
  for (const svg of document.querySelectorAll('svg')) if (!svg.getAttribute('aria-label')) wrong.push('an svg without a name');
  for (const link of document.querySelectorAll('a')) {
    if (!document.getElementById(link.getAttribute('href').slice(1))) wrong.push(`leads nowhere: ${link.outerHTML}`);
  }
  return wrong;
}

/** Text with less contrast than WCAG AA asks for (4.5 to 1), and bars with less than 3 to 1. */
export function contrast() {
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([red, green, blue]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const wrong = [];
  let seen = 0;
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const svg = element.namespaceURI.endsWith('svg');
    const bar = element.matches('rect.rest, rect.part');
    if (!(own || bar) || element.matches('script, title') || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const found = ratio(rgb(svg ? style.fill : style.color), ground(element));
    seen += 1;
    if (found < (bar ? 3 : 4.5)) wrong.push(`${found.toFixed(2)}: ${element.outerHTML.slice(0, 120)}`);
  }
  return { seen, wrong: [...new Set(wrong)] };
}

/** What is wider than the page. */
export function overflow() {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const width = document.documentElement.clientWidth;
  const wrong = [];
  if (document.documentElement.scrollWidth > width) wrong.push(`the page: ${document.documentElement.scrollWidth}`);
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest('svg, .heard, .skip, thead')) continue;
    const { right } = element.getBoundingClientRect();
    if (right > width + 1) wrong.push(`${right}: ${element.outerHTML.slice(0, 120)}`);
  }
  return wrong;
}

/** Whether scripts that are not the page's own run: they must not. */
export async function injected() {
  const script = document.createElement('script');
  script.textContent = 'window.injected = 1';
  document.body.append(script);
  const image = document.createElement('img');
  image.setAttribute('onerror', 'window.injected = 2');
  image.src = 'https://elsewhere.example/x.png';
  document.body.append(image);
  await new Promise((done) => setTimeout(done, 200));
  return { ran: window.injected ?? 0, violations: window.violations.length };
}
