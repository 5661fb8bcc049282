// Slack's markup (mrkdwn), rich text and Markdown, drawn as elements.
import { h } from './dom.js';
import { emoji } from './emoji.js';
import { store, nameOf, room, when, dayName, tell } from './store.js';

const unescape = s => s.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const safe = url => /^(https?:|mailto:|tel:)/i.test(url);

export const link = (url, words) => safe(url) ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' },
  words || url.replace(/^mailto:/, '')) : h('span', {}, words || url);
export const mention = id => h('span', { class: 'mention' + (id === store.me ? ' mine' : '') }, '@' + nameOf(id));
export const channel = (id, label) => room(id) ? h('a', { href: '#', class: 'mention', on: { click: e => { e.preventDefault(); tell('go', id); } } },
  '#' + (room(id).name || store.app.name)) : h('span', { class: 'mention' }, '#' + (label || 'private-channel'));
const group = (id, label) => h('span', { class: 'mention' }, '@' + (store.groups[id] || (label || id).replace(/^@/, '')));
export const face = (name, code) => emoji[name] ? h('span', { class: 'emoji', role: 'img', 'aria-label': name.replaceAll('_', ' '), title: ':' + name + ':' },
  emoji[name]) : code ? String.fromCodePoint(...code.split('-').map(c => parseInt(c, 16))) : ':' + name + ':';

const dayForms = { date_num: { year: 'numeric', month: '2-digit', day: '2-digit' }, date: { month: 'long', day: 'numeric', year: 'numeric' },
  date_short: { month: 'short', day: 'numeric', year: 'numeric' }, date_long: { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' } };

// date shows <!date^…> in the person's own zone.
export function date(unix, format, fallback, url) {
  const ms = Number(unix) * 1000;
  if (!Number.isFinite(ms) || !format) return fallback || '';
  const shown = format.replace(/\{(\w+)\}/g, (whole, token) => {
    const plain = token.replace(/_pretty$/, '');
    if (plain === 'time') return when(ms, { hour: 'numeric', minute: '2-digit' });
    if (plain === 'time_secs') return when(ms, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
    if (token === 'ago') return ago(ms);
    if (plain === 'day_divider') return dayName(ms);
    if (!dayForms[plain]) return whole;
    if (token !== plain) { const near = dayName(ms); if (/^(To|Yes)/.test(near)) return near.toLowerCase(); }
    if (plain === 'date_num') return new Date(ms).toLocaleDateString('sv-SE', { timeZone: store.people.find(p => p.id === store.me)?.tz });
    return when(ms, dayForms[plain]);
  });
  const title = when(ms, { dateStyle: 'full', timeStyle: 'short' });
  return url && safe(url) ? link(url, shown) : h('time', { datetime: new Date(ms).toISOString(), title }, shown);
}

function ago(ms) {
  const minutes = Math.round((ms - Date.now() - store.ahead) / 6e4), size = Math.abs(minutes);
  const form = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  return size < 60 ? form.format(minutes, 'minute') : size < 1440 ? form.format(Math.round(minutes / 60), 'hour') : form.format(Math.round(minutes / 1440), 'day');
}

// entity is what stands in angle brackets; null if Slack would not know it.
function entity(inner) {
  const cut = inner.indexOf('|'), name = cut < 0 ? inner : inner.slice(0, cut), label = cut < 0 ? '' : unescape(inner.slice(cut + 1));
  if (/^@[UW]/.test(name)) return mention(name.slice(1));
  if (/^#[CGD]/.test(name)) return channel(name.slice(1), label);
  if (name.startsWith('!subteam^')) return group(name.slice(9), label);
  if (name.startsWith('!date^')) { const [, unix, format, url] = name.split('^'); return date(unix, unescape(format || ''), label, url); }
  if (/^!(here|channel|everyone)$/.test(name)) return h('span', { class: 'mention mine' }, '@' + name.slice(1));
  const url = unescape(name);
  return safe(url) ? link(url, label) : null;
}

const marks = { '*': 'strong', '_': 'em', '~': 's' };
const edge = /[\s([{"'>.,:;/*_~\u2018\u201c\u2014-]/;
const pieces = { '<': /<([^<>\s][^<>]*)>/y, '`': /`([^`\n]+)`/y, ':': /:([a-z0-9_+'-]+):/y };

// inline reads one stretch of mrkdwn.
export function inline(s, escaped = true) {
  const out = [];
  let plain = '', i = 0;
  while (i < s.length) {
    const c = s[i], shape = pieces[c];
    let made = null, end = 0;
    if (shape) {
      shape.lastIndex = i;
      const found = shape.exec(s);
      if (found) {
        end = i + found[0].length;
        if (c === '<') made = entity(found[1]);
        else if (c === '`') made = h('code', {}, unescape(found[1]));
        else if (emoji[found[1]]) made = face(found[1]);
      }
    } else if (marks[c] && (i === 0 || edge.test(s[i - 1]))) {
      const close = closing(s, i, c);
      if (close > 0) { made = h(marks[c], {}, inline(s.slice(i + 1, close), escaped)); end = close + 1; }
    }
    if (made === null) { plain += c; i++; continue; }
    if (plain) out.push(escaped ? unescape(plain) : plain);
    plain = '';
    out.push(made);
    i = end;
  }
  if (plain) out.push(escaped ? unescape(plain) : plain);
  return out;
}

// closing finds where emphasis ends: before no space, after no letter.
function closing(s, at, c) {
  if (!s[at + 1] || /\s/.test(s[at + 1]) || s[at + 1] === c) return -1;
  for (let j = at + 2, most = Math.min(s.length, at + 3000); j < most && s[j] !== '\n'; j++) {
    if (s[j] === '`') { const k = s.indexOf('`', j + 1); if (k > 0) { j = k; continue; } }
    if (s[j] === '<') { const k = s.indexOf('>', j + 1); if (k > 0) { j = k; continue; } }
    if (s[j] === c && !/\s/.test(s[j - 1]) && (!s[j + 1] || !/[\p{L}\p{N}]/u.test(s[j + 1]))) return j;
  }
  return -1;
}

// mrkdwn draws a whole text: fences, quotes, lists and lines.
export function mrkdwn(text, escaped = true) {
  const out = [];
  String(text).split(/```/).forEach((part, n, all) => {
    if (n % 2 === 1 && n < all.length - 1) { out.push(h('pre', {}, unescape(part.replace(/^\n|\n$/g, '')))); return; }
    if (n % 2 === 1) part = '```' + part;
    if (n > 0) part = part.replace(/^\n/, '');
    if (n < all.length - 1) part = part.replace(/\n$/, '');
    if (part) out.push(...lines(part, escaped));
  });
  return h('div', { class: 'text' }, out);
}

function lines(text, escaped) {
  const out = [];
  let quote = null, run = null, rest = false;
  for (const line of text.split('\n')) {
    const all = !rest && /^(?:&gt;|>){3} ?(.*)$/.exec(line), quoted = rest ? [line, line] : all || /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (all) rest = true; // three of them quote all that follows
    if (quoted) {
      run = null;
      if (!quote) out.push(quote = h('blockquote'));
      quote.append(h('div', {}, quoted[1] ? inline(quoted[1], escaped) : '\u00a0'));
      continue;
    }
    quote = null;
    const item = /^(\s*)([•◦▪‣–-]|\d+[.)]) +(.*)$/.exec(line);
    if (item) { run = null; out.push(h('div', { class: 'item', style: { '--in': Math.min(4, Math.floor(item[1].length / 2)) } }, h('span', { class: 'dot' }, item[2]),
      h('span', {}, inline(item[3], escaped)))); continue; }
    if (!line.trim()) { run = null; out.push(h('div', { class: 'gap' })); continue; }
    if (run) run.append('\n', ...inline(line, escaped));
    else out.push(run = h('div', { class: 'line' }, inline(line, escaped)));
  }
  return out;
}

// words draws a text object.
export const words = t => !t ? '' : typeof t === 'string' ? t : t.type === 'mrkdwn' ? mrkdwn(t.text) : h('span', { class: 'line' }, plainEmoji(t.text || ''));
export const plainEmoji = s => s.split(/(:[a-z0-9_+'-]+:)/).map(p => emoji[p.slice(1, -1)] && p[0] === ':' ? face(p.slice(1, -1)) : p);

// rich draws the elements of a rich_text block.
export function rich(elements = []) {
  const lists = [];
  const out = [];
  for (const e of elements) {
    if (e.type !== 'rich_text_list') lists.length = 0;
    if (e.type === 'rich_text_list') {
      const list = h(e.style === 'ordered' ? 'ol' : 'ul', { start: e.offset ? e.offset + 1 : null, class: 'indent' + Math.min(5, e.indent || 0) },
        (e.elements || []).map(i => h('li', {}, richLine(i.elements))));
      out.push(list);
    } else if (e.type === 'rich_text_quote') out.push(h('blockquote', {}, richLine(e.elements)));
    else if (e.type === 'rich_text_preformatted') out.push(h('pre', {}, richLine(e.elements)));
    else out.push(h('div', { class: 'line' }, richLine(e.elements)));
  }
  return h('div', { class: 'text' }, out);
}

function richLine(elements = []) {
  return elements.map(e => {
    let shown;
    switch (e.type) {
      case 'text': shown = e.style?.code ? e.text : plainEmoji(e.text || ''); break;
      case 'link': shown = link(e.url, e.text); break;
      case 'user': shown = mention(e.user_id); break;
      case 'channel': shown = channel(e.channel_id); break;
      case 'usergroup': shown = group(e.usergroup_id); break;
      case 'broadcast': shown = h('span', { class: 'mention mine' }, '@' + e.range); break;
      case 'emoji': shown = face(e.name, e.unicode); break;
      case 'date': shown = date(e.timestamp, e.format, e.fallback, e.url); break;
      case 'color': shown = e.value; break;
      default: shown = e.elements ? richLine(e.elements) : '';
    }
    for (const [style, tag] of [['code', 'code'], ['bold', 'strong'], ['italic', 'em'], ['strike', 's'], ['underline', 'u']]) if (e.style?.[style]) shown = h(tag, {}, shown);
    return shown;
  });
}

// markdown draws the markdown block: the part of Markdown that Slack takes.
export function markdown(text) {
  const out = [], rows = String(text).split('\n');
  const cells = row => row.trim().replace(/^\||\|$/g, '').split('|').map(c => c.trim());
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    let m;
    if (/^```/.test(row)) { const code = []; while (++i < rows.length && !/^```/.test(rows[i])) code.push(rows[i]); out.push(h('pre', {}, code.join('\n'))); }
    else if ((m = /^(#{1,6}) +(.*)$/.exec(row))) out.push(h('h' + Math.min(6, m[1].length + 2), {}, span(m[2])));
    else if (/^\s*([-*_] *){3,}$/.test(row)) out.push(h('hr'));
    else if ((m = /^> ?(.*)$/.exec(row))) out.push(h('blockquote', {}, span(m[1])));
    else if (row.includes('|') && /^[\s|:-]+$/.test(rows[i + 1] || '') && rows[i + 1].includes('-')) {
      const body = []; const top = cells(row); i++;
      while (rows[i + 1]?.includes('|')) body.push(cells(rows[++i]));
      out.push(h('div', { class: 'sheet' },
        h('table', {}, h('thead', {}, h('tr', {}, top.map(c => h('th', { scope: 'col' }, span(c))))),
          h('tbody', {}, body.map(r => h('tr', {}, r.map(c => h('td', {}, span(c)))))))));
    } else if ((m = /^(\s*)(?:([-*+])|(\d+[.)])) +(.*)$/.exec(row))) out.push(h('div', { class: 'item', style: { '--in': Math.min(4, Math.floor(m[1].length / 2)) } },
      h('span', { class: 'dot' }, m[2] ? '•' : m[3]), h('span', {}, span(m[4]))));
    else if (row.trim()) out.push(h('div', { class: 'line' }, span(row)));
    else out.push(h('div', { class: 'gap' }));
  }
  return h('div', { class: 'text' }, out);
}

const spans = /(`[^`]+`)|\[([^\]]+)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^*\s][^*]*?)\*|\b_([^_]+?)_\b|(<[@#!][^<>]+>|<https?:[^<>]+>)|:([a-z0-9_+-]+):/;
function span(s) {
  const m = spans.exec(s);
  if (!m) return [s];
  const [all, code, label, url, b1, b2, strike, i1, i2, ent, face_] = m;
  const shown = code ? h('code', {}, code.slice(1, -1)) : url ? link(url, label) : b1 || b2 ? h('strong', {}, span(b1 || b2)) : strike ? h('s', {}, span(strike)) : i1 || i2 ? h('em', {}, span(i1 || i2)) : ent ? entity(ent.slice(1, -1)) : emoji[face_] ? face(face_) : all;
  return [s.slice(0, m.index), shown, ...span(s.slice(m.index + all.length))];
}

// flat is a text without its marks, for those who hear it.
export const flat = node => node.textContent.replace(/\s+/g, ' ').trim();
