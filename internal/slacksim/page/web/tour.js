// The guided tour: steps that tick themselves off when their words stand on the
// page, whoever brought them there.
import { h, clear, button, icon } from './dom.js';
import { store, on, tell } from './store.js';

const key = 'local-slack-tour-';
const load = () => { try { return new Set(JSON.parse(localStorage.getItem(key + store.team)) || []); } catch { return new Set(); } };
const save = s => { try { localStorage.setItem(key + store.team, JSON.stringify([...s])); } catch { /* the ticks last as long as the page */ } };
let done = null, box = null;

export function tour() {
  done ||= load();
  box = h('div', { class: 'steps' });
  draw();
  check();
  return box;
}

function draw() {
  const steps = store.tour, next = steps.find(s => !done.has(s.id));
  clear(box,
    h('p', { class: 'lead' },
      next ? `What ${store.app.name} does, in ${steps.length} small steps.` : 'That was all of it. Go on playing; everything here can be undone with --fresh.'),
    h('ol', {}, steps.map((s, i) => h('li', { class: (done.has(s.id) ? 'done ' : '') + (s === next ? 'next' : ''), 'aria-current': s === next ? 'step' : null },
      h('span', { class: 'mark', role: 'img', 'aria-label': done.has(s.id) ? 'done' : `step ${i + 1}` }, done.has(s.id) ? icon('check') : String(i + 1)),
      h('div', {}, h('h3', {}, s.title), h('p', {}, s.words), button('Show me', () => showMe(s), { class: s === next ? 'primary' : null, 'aria-label': `Show me: ${s.title}` }))))),
    done.size > 0 && button('Begin the tour again', () => { done.clear(); save(done); draw(); }, { class: 'plain' }));
}

// showMe takes the newcomer to where the step is done, and points.
async function showMe(s) {
  const who = s.as && store.people.find(p => p.handle === s.as), app = s.room === 'DM' || s.room === 'home';
  const where = s.room && store.rooms.find(r => app ? r.kind === 'im' : '#' + r.name === s.room);
  if (innerWidth <= 1180) document.querySelector('aside header button')?.click();
  if (who && who.id !== store.me) await tell('become', who.id, app ? (s.room === 'DM' ? 'app' : 'home') : where?.name || '');
  else if (where) await tell('go', where.id, s.room === 'home' ? 'home' : 'messages');
  const typed = document.getElementById('typed');
  if (s.type && typed) {
    typed.value = s.type;
    typed.dispatchEvent(new Event('input'));
    typed.focus();
    point(typed.closest('.paper'));
  }
  const button = s.point && [...document.querySelectorAll('dialog[open] button, #main button')].filter(b => (b.textContent.trim() === s.point || b.dataset.key === s.point) && b.offsetParent).at(-1);
  if (button) { button.scrollIntoView({ block: 'center' }); button.focus(); point(button); }
}

function point(e) {
  e.classList.add('pointed');
  setTimeout(() => e.classList.remove('pointed'), 4000);
}

const places = { message: '#scroll .message, aside .message', modal: '#modal[open]', home: '.home' };
function check() {
  if (!store.tour?.length) return;
  done ||= load();
  const before = done.size;
  for (const s of store.tour) {
    if (done.has(s.id)) continue;
    const found = [...document.querySelectorAll(places[s.where] || Object.values(places).join())].some(e => e.textContent.includes(s.done));
    if (found) done.add(s.id);
  }
  if (done.size === before) return;
  save(done);
  if (box?.isConnected) draw();
}
on('shown', check);
