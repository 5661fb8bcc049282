// Building blocks of the page: elements, icons, talk with the server.

// h makes an element. Strings become text, never markup, so that what people
// write cannot become part of the page.
export function h(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  set(e, props);
  add(e, children);
  return e;
}

const svgNS = 'http://www.w3.org/2000/svg';
export function svg(tag, attributes = {}, ...children) {
  const e = document.createElementNS(svgNS, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  add(e, children);
  return e;
}

function set(e, props) {
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (k === 'on') for (const [name, f] of Object.entries(v)) e.addEventListener(name, f);
    else if (k === 'class') e.className = v;
    else if (k === 'data') Object.assign(e.dataset, v);
    else if (k === 'value') e.value = v;
    else if (k === 'style') for (const [name, to] of Object.entries(v)) e.style.setProperty(name, to);
    else e.setAttribute(k, v === true ? '' : v);
  }
}

function add(e, children) {
  for (const c of children.flat(3)) if (c) e.append(c); // nothing stands where there is nothing: a 0 must be said as text
}

export const clear = (e, ...children) => { e.replaceChildren(); add(e, children); return e; };

let ids = 0;
export const newID = () => 'x' + ++ids;

const paths = {
  hash: 'M6 3 4.5 17M14 3l-1.5 14M3 7h14M2.5 13h14', lock: 'M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3', more: 'M5 10h.01M10 10h.01M15 10h.01',
  clock: 'M10 3a7 7 0 1 0 .01 0M10 6v4l3 2', send: 'M3 10h13M11 5l5 5-5 5', close: 'M5 5l10 10M15 5 5 15', back: 'M12 4l-6 6 6 6', next: 'M8 4l6 6-6 6',
  menu: 'M3 5h14M3 10h14M3 15h14', thread: 'M3 4h14v9H9l-4 4v-4H3z', compass: 'M10 3a7 7 0 1 0 .01 0M13 7l-2 4-4 2 2-4z', list: 'M4 5h12M4 10h12M4 15h8',
  eye: 'M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5M10 8a2 2 0 1 0 .01 0', down: 'M5 8l5 5 5-5', bolt: 'M11 2 5 11h5l-1 7 6-9h-5z', window: 'M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7',
  check: 'M4 10l4 4 8-9', file: 'M5 2h7l4 4v12H5zM12 2v4h4', warn: 'M10 3 2 17h16zM10 8v4M10 14.5v.01', copy: 'M7 7h9v10H7zM4 13V3h9', home: 'M3 9l7-6 7 6v8h-5v-5H8v5H3z', gear: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4',
};
export const icon = name => svg('svg', { viewBox: '0 0 20 20', class: 'icon', 'data-icon': name, 'aria-hidden': 'true' }, svg('path', { d: paths[name] }));

// button makes a button that says what it does, also where it shows an icon only.
export function button(words, what, props = {}) {
  const { icon: name, bare, ...rest } = props;
  return h('button', { type: 'button', ...(bare ? { 'aria-label': words, title: words } : {}), ...rest, on: { click: what, ...(rest.on || {}) } }, name && icon(name),
    !bare && h('span', {}, words));
}

// ask talks with the server; what it refuses is thrown as an Error in its words.
export async function ask(path, body) {
  let reply;
  try {
    reply = await fetch(path, body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    throw new Error('The local Slack does not answer. Is `sopbot demo` still running?');
  }
  const text = await reply.text();
  let got;
  try { got = JSON.parse(text); } catch { got = { error: text || reply.statusText }; }
  if (!reply.ok) throw new Error(got.error || reply.statusText);
  return got;
}

// menu opens a small list of things to do at a button. Items: [words, what, note].
export function menu(at, items, title) {
  document.querySelector('.menu')?.remove();
  const was = at.getAttribute('aria-expanded') === 'true';
  if (was) { at.setAttribute('aria-expanded', 'false'); return; }
  const shut = back => {
    box.remove();
    at.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
    if (back) at.focus();
  };
  const outside = e => { if (!box.contains(e.target) && !at.contains(e.target)) shut(false); };
  const rows = items.map(([words, what, note]) => h('button', { type: 'button', role: 'menuitem', tabindex: '-1', on: { click: () => { shut(true); what(); } } },
    h('span', {}, words), note && h('small', {}, note)));
  const box = h('div', { class: 'menu', role: 'menu', 'aria-label': title || at.textContent, on: { keydown: e => {
    const i = rows.indexOf(document.activeElement);
    if (e.key === 'ArrowDown') rows[(i + 1) % rows.length].focus();
    else if (e.key === 'ArrowUp') rows[(i - 1 + rows.length) % rows.length].focus();
    else if (e.key === 'Escape' || e.key === 'Tab') shut(true);
    else return;
    e.preventDefault();
  } } }, rows);
  (at.closest('dialog') || document.body).append(box);
  place(box, at);
  at.setAttribute('aria-haspopup', 'menu');
  at.setAttribute('aria-expanded', 'true');
  document.addEventListener('pointerdown', outside, true);
  rows[0]?.focus();
}

// place puts a box under (or over) what it belongs to, inside the window.
export function place(box, at) {
  const r = at.getBoundingClientRect(), b = box.getBoundingClientRect();
  const below = innerHeight - r.bottom > b.height + 12 || r.top < b.height + 12;
  Object.assign(box.style, { right: 'auto', bottom: 'auto', margin: '0' });
  box.style.left = Math.max(8, Math.min(r.left, innerWidth - b.width - 8)) + 'px';
  box.style.top = Math.max(8, below ? r.bottom + 4 : r.top - b.height - 4) + 'px';
}

// pick marks one option of a list, and tells the box that one types in.
export function pick(list, box, i) {
  [...list.querySelectorAll('[role=option]')].forEach((li, n) => {
    li.classList.toggle('on', n === i);
    if (n !== i) return;
    box.setAttribute('aria-activedescendant', li.id);
    li.scrollIntoView({ block: 'nearest' });
  });
}

// flash says briefly what was done.
export function flash(words) {
  document.querySelector('.flash')?.remove();
  const box = h('div', { class: 'flash', role: 'status' }, words);
  (document.querySelector('dialog[open]') || document.body).append(box);
  setTimeout(() => box.remove(), 2600);
}
