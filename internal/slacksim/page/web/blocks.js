// Block Kit, drawn: one function a block. What is not known is shown as its
// JSON and marked, so that nobody takes silence for an empty block.
import { h, svg, icon, newID, clear, button } from './dom.js';
import { words, mrkdwn, rich, markdown, plainEmoji, link, face } from './text.js';
import { element, field } from './fields.js';

// at is where blocks stand: see surface in surface.js.
export const blocks = (list = [], at) => list.map(b => {
  const draw = drawers[b?.type];
  try {
    return draw ? draw(b, at) : unknown(b);
  } catch (e) {
    console.error('a block could not be drawn', e, b);
    return unknown(b);
  }
});

export const unknown = b => h('div', { class: 'unknown', 'data-unknown': b?.type || 'none' }, h('strong', {}, 'Unknown block: ' + (b?.type || 'without a type')),
  h('pre', {}, JSON.stringify(b, null, 2)));

const picture = e => {
  const id = e.slack_file?.id || /-(F[A-Z0-9]+)\//.exec(e.slack_file?.url || '')?.[1];
  return h('img', { src: id ? 'page/file/' + encodeURIComponent(id) : e.image_url, alt: e.alt_text || '', loading: 'lazy', referrerpolicy: 'no-referrer' });
};

const drawers = {
  section: (b, at) => h('div', { class: 'block section' },
    h('div', { class: 'grow' }, words(b.text), b.fields?.length && h('div', { class: 'fields' }, b.fields.map(f => h('div', {}, words(f))))),
    b.accessory && h('div', { class: 'accessory' }, b.accessory.type === 'image' ? picture(b.accessory) : element(b, b.accessory, at))),
  header: b => h('h3', { class: 'block heading level' + (b.level || 1) }, plainEmoji(b.text?.text || '')),
  divider: () => h('hr', { class: 'block' }),
  context: b => h('div', { class: 'block context' }, (b.elements || []).map(e => e.type === 'image' ? picture(e) : words(e))),
  actions: (b, at) => h('div', { class: 'block actions' }, (b.elements || []).map(e => element(b, e, at))),
  context_actions: (b, at) => h('div', { class: 'block actions small' }, (b.elements || []).map(e => element(b, e, at))),
  input: (b, at) => field(b, at),
  image: b => h('figure', { class: 'block picture' }, b.title && h('figcaption', {}, words(b.title)), picture(b)),
  rich_text: b => h('div', { class: 'block' }, rich(b.elements)),
  markdown: b => h('div', { class: 'block' }, markdown(b.text || '')),
  table: sheet, data_table: sheet,
  data_visualization: b => chart(b),
  card: (b, at) => card(b, at), alert,
  carousel: (b, at) => h('div', { class: 'block carousel', tabindex: '0', role: 'group', 'aria-label': 'Cards' }, (b.elements || []).map(c => card(c, at, b))),
  container,
  file: b => fileChip({ id: b.file_id || b.file?.id, name: b.file?.title || b.file?.name || b.external_id || 'A file' }),
  video: b => h('figure', { class: 'block picture' }, h('figcaption', {}, link(b.title_url || b.video_url, b.title?.text)),
    h('a', { href: b.video_url, target: '_blank', rel: 'noopener noreferrer' }, h('img', { src: b.thumbnail_url, alt: b.alt_text || '', loading: 'lazy' })),
    b.description && h('p', { class: 'quiet' }, words(b.description))),
  task_card: b => h('div', { class: 'block card' }, h('strong', {}, textOf(b.title)), b.status && h('p', { class: 'quiet' }, textOf(b.status)),
    b.details?.elements && rich(b.details.elements), b.output?.elements && rich(b.output.elements)),
  plan: (b, at) => h('section', { class: 'block container' }, h('h3', {}, textOf(b.title)), blocks(b.tasks, at)),
  layout: (b, at) => h('div', { class: 'block', role: 'group', 'aria-label': textPlain(b.label) }, b.is_label_visible && h('strong', {}, textOf(b.label)),
    (b.rows || []).map(r => h('div', { class: 'cells' }, (r.items || []).map(i => h('div', { class: 'grow' }, blocks([i.block], at)))))),
};

const textOf = t => typeof t === 'string' ? t : words(t);

// card draws one; in a carousel its buttons belong to the carousel's block.
function card(b, at, owner = b) {
  const art = b.hero_image || b.image;
  return h('article', { class: 'block card' }, art && picture(art),
    h('div', { class: 'cardhead' }, b.icon ? picture(b.icon) : b.slack_icon && face(b.slack_icon.name),
      h('div', {}, b.title && h('strong', {}, words(b.title)), b.subtitle && h('div', { class: 'quiet' }, words(b.subtitle)))),
    b.body && words(b.body), b.subtext && h('div', { class: 'quiet' }, words(b.subtext)),
    b.actions?.length && h('div', { class: 'actions' }, b.actions.map(e => element(owner, e, at))));
}

function container(b, at) {
  const title = [b.icon && picture(b.icon), b.rich_text_title ? rich(b.rich_text_title.elements) : words(b.title)];
  const inner = [b.subtitle && h('p', { class: 'quiet' }, words(b.subtitle)), b.has_header_divider && h('hr', { class: 'block' }), blocks(b.child_blocks, at)];
  return b.is_collapsible ? h('details', { class: 'block container', open: !b.default_collapsed }, h('summary', {}, title), inner)
    : h('section', { class: 'block container' }, (b.title || b.rich_text_title) && h('h3', {}, title), inner);
}

function alert(b) {
  const level = b.level || 'info';
  return h('div', { class: 'block alert ' + level, role: 'note' }, icon(level === 'info' || level === 'success' ? 'check' : 'warn'), words(b.text));
}

export const fileChip = f => f.id ? h('a', { class: 'block chip', href: 'page/file/' + encodeURIComponent(f.id), download: f.name }, icon('file'),
  f.name) : h('span', { class: 'block chip' }, icon('file'), f.name);

const cell = (c, b, at) => !c ? '' : c.type === 'rich_text' ? rich(c.elements) : c.type === 'mrkdwn' ? mrkdwn(c.text) : c.element ? element(b, c.element, at) : c.text ?? (c.value === undefined ? '' : number(c.value).toLocaleString('en-US'));
const measure = c => typeof c?.value === 'number' ? c.value : c?.text ?? (c?.elements ? rich(c.elements).textContent : '');

// sheet draws a table. A data table can be sorted by its headings, and shows a
// page at a time.
function sheet(b, at) {
  const [top = [], ...rows] = b.rows || [], data = b.type === 'data_table', size = data ? b.page_size || 5 : rows.length;
  const style = i => { const c = b.column_settings?.[i] || {}; return [c.align || (rows.length && rows.every(r => r[i]?.type === 'raw_number') ? 'right' : ''),
    c.is_wrapped ? 'wrapped' : ''].join(' ').trim() || null; };
  let page = 0, by = -1, way = 1;
  const heads = h('tr'), inner = h('tbody'), foot = h('div', { class: 'pages' });
  const pages = Math.ceil(rows.length / size);
  const sort = i => { way = by === i ? -way : 1; by = i; page = 0; draw(); heads.children[i].querySelector('button').focus(); };
  const turn = to => { page = to; draw(); };
  function draw() {
    const order = by < 0 ? rows : [...rows].sort((x, y) => { const p = measure(x[by]),
      q = measure(y[by]); return way * (typeof p === 'number' && typeof q === 'number' ? p - q : String(p).localeCompare(String(q), 'en', { numeric: true })); });
    clear(heads,
      top.map((c, i) => h('th', { scope: 'col', class: style(i), 'aria-sort': by === i ? (way > 0 ? 'ascending' : 'descending') : null },
        data ? h('button', { type: 'button', on: { click: () => sort(i) } }, cell(c, b, at),
          by === i && h('span', { 'aria-hidden': 'true' }, way > 0 ? '↑' : '↓')) : cell(c, b, at))));
    clear(inner,
      order.slice(page * size, page * size + size).map(r => h('tr', {},
        r.map((c, i) => h(data && i === (b.row_header_column_index ?? -1) ? 'th' : 'td', { class: style(i) }, cell(c, b, at))))));
    clear(foot, h('span', { class: 'grow' }, `${page * size + 1}–${Math.min(rows.length, page * size + size)} of ${rows.length}`),
      button('Previous page', () => turn(page - 1), { icon: 'back', bare: true, class: 'plain', disabled: page === 0 }),
      button('Next page', () => turn(page + 1), { icon: 'next', bare: true, class: 'plain', disabled: page === pages - 1 }));
  }
  draw();
  return h('div', { class: 'block sheet', tabindex: '0', role: 'group', 'aria-label': textPlain(b.caption) || 'Table' },
    h('table', {}, b.caption && h('caption', {}, textOf(b.caption)), h('thead', {}, heads), inner), pages > 1 && foot);
}

const textPlain = t => typeof t === 'string' ? t : t?.text || '';
const number = v => Number(v) || 0;
const short = n => Math.abs(n) >= 1e6 ? +(n / 1e6).toFixed(1) + 'M' : Math.abs(n) >= 1e4 ? +(n / 1e3).toFixed(1) + 'k' : String(+n.toFixed(2));

// chart draws bars, lines, areas and pies as one picture, with a legend and the
// figures for those who hear it.
function chart(b) {
  const c = b.chart || {}, title = textPlain(b.title), id = newID();
  const round = c.type === 'pie';
  const legend = round ? (c.segments || []).map(s => `${s.label}: ${short(number(s.value))}`) : (c.series || []).map(s => s.name);
  const spoken = round ? legend.join(', ') : (c.series || []).map(s => s.name + ': ' + (s.data || []).map(p => `${p.label} ${p.value}`).join(', ')).join('; ');
  const drawn = round ? pie(c) : plot(c);
  if (!drawn) return unknown(b);
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', `${title}. ${spoken}`);
  return h('figure', { class: 'block chart' + (round ? ' round' : '') }, h('figcaption', { id }, title), h('div', { class: 'plot' }, drawn),
    legend.length > (round ? 0 : 1) && h('ul', { class: 'legend' }, legend.map((l, i) => h('li', {}, h('i', { class: 'c' + i % 6 }), l))));
}

function pie(c) {
  const all = c.segments || [], total = all.reduce((n, s) => n + Math.max(0, number(s.value)), 0);
  const root = svg('svg', { viewBox: '0 0 200 200', class: 'pie' });
  if (!total) { root.append(svg('circle', { cx: 100, cy: 100, r: 90, class: 'none' })); return root; }
  let from = -Math.PI / 2;
  all.forEach((s, i) => {
    const share = Math.max(0, number(s.value)) / total, to = from + share * 2 * Math.PI;
    const p = a => `${(100 + 92 * Math.cos(a)).toFixed(2)} ${(100 + 92 * Math.sin(a)).toFixed(2)}`;
    const tip = svg('title', {}, `${s.label}: ${s.value} (${Math.round(share * 100)} %)`);
    root.append(share > 0.9999 ? svg('circle', { cx: 100, cy: 100, r: 92, class: 'c' + i % 6 }, tip) : svg('path',
      { d: `M100 100L${p(from)}A92 92 0 ${share > 0.5 ? 1 : 0} 1 ${p(to)}Z`, class: 'c' + i % 6 }, tip));
    from = to;
  });
  root.append(svg('circle', { cx: 100, cy: 100, r: 48, class: 'hole' }));
  return root;
}

function plot(c) {
  if (!['bar', 'line', 'area'].includes(c.type)) return null;
  const series = c.series || [], axis = c.axis_config || {};
  const names = axis.categories?.length ? axis.categories : (series[0]?.data || []).map(p => p.label);
  const values = series.flatMap(s => (s.data || []).map(p => number(p.value)));
  const high = Math.max(0, ...values), low = Math.min(0, ...values), step = nice(Math.max((high - low) / 4, values.some(v => v % 1) ? 1e-9 : 1));
  const top = Math.ceil(high / step) * step || step, bottom = Math.floor(low / step) * step;
  const W = 560, H = 250, L = 52, R = 12, T = 12, B = axis.x_label ? 56 : 38;
  const x = i => L + (W - L - R) * (i + 0.5) / Math.max(1, names.length), y = v => T + (H - T - B) * (top - v) / (top - bottom);
  const root = svg('svg', { viewBox: `0 0 ${W} ${H}` });
  for (let v = bottom; v <= top + step / 2; v += step) root.append(svg('line', { x1: L, x2: W - R, y1: y(v), y2: y(v), class: v === 0 ? 'zero' : 'grid' }),
    svg('text', { x: L - 8, y: y(v) + 4, 'text-anchor': 'end' }, short(v)));
  const every = Math.ceil(names.length / 10);
  names.forEach((n, i) => i % every || root.append(svg('text', { x: x(i), y: H - B + 18, 'text-anchor': 'middle' }, n.length > 12 && names.length > 5 ? n.slice(0, 11) + '…' : n)));
  if (axis.x_label) root.append(svg('text', { x: (L + W - R) / 2, y: H - 8, 'text-anchor': 'middle', class: 'axis' }, axis.x_label));
  if (axis.y_label) root.append(svg('text', { x: -(H - B) / 2, y: 13, transform: 'rotate(-90)', 'text-anchor': 'middle', class: 'axis' }, axis.y_label));
  const wide = (W - L - R) / Math.max(1, names.length) * 0.68, bar = Math.min(46, wide / Math.max(1, series.length));
  series.forEach((s, n) => {
    const points = (s.data || []).map((p, i) => [x(i), y(number(p.value)), p]);
    const tip = p => svg('title', {}, `${series.length > 1 ? s.name + ', ' : ''}${p.label}: ${p.value}`);
    if (c.type === 'bar') { points.forEach(([px, py, p]) => root.append(svg('rect',
      { x: px - bar * series.length / 2 + bar * n + 1, y: Math.min(py, y(0)), width: Math.max(1, bar - 2), height: Math.max(1, Math.abs(py - y(0))), rx: 3, class: 'c' + n % 6 },
      tip(p)))); return; }
    const line = points.map(([px, py]) => `${px.toFixed(1)} ${py.toFixed(1)}`).join('L');
    if (c.type === 'area' && points.length) root.append(svg('path', { d: `M${points[0][0]} ${y(0)}L${line}L${points.at(-1)[0]} ${y(0)}Z`, class: 'area c' + n % 6 }));
    root.append(svg('path', { d: 'M' + line, class: 'stroke s' + n % 6 }));
    points.forEach(([px, py, p]) => root.append(svg('circle', { cx: px, cy: py, r: 4, class: 'c' + n % 6 }, tip(p))));
  });
  return root;
}

// nice rounds a step of the axis up to 1, 2, 2.5 or 5 times a power of ten.
function nice(n) {
  const power = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 2.5, 5, 10].find(f => f * power >= n - 1e-9) * power;
}
