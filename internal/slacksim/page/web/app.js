// The page begins here: it reads who looks and at what, listens to the server,
// and hands what comes to the parts that show it.
import { h, clear, ask, button, flash, icon } from './dom.js';
import { store, on, tell, me, room, here, roomLabel, markRead, tsMs } from './store.js';
import { messageList } from './messages.js';
import { blocks } from './blocks.js';
import { surface, does } from './surface.js';
import { side } from './side.js';
import { composer } from './composer.js';
import { showViews } from './modal.js';
import { aside } from './aside.js';

const $ = id => document.getElementById(id);
const box = $('scroll');
const rows = h('div', { class: 'rows', role: 'log', 'aria-live': 'off', 'aria-label': 'Messages' });
const list = messageList(rows);
let stream, more = false, loading = false, homeTyped = {};

// Who and where stand in the address, so that each window has its own.
const address = () => { const [who, where] = decodeURIComponent(location.hash.slice(1)).split('/'); return { who, where }; };
const remember = () => history.replaceState(null, '', '#' + (store.people.find(p => p.id === store.me)?.handle || '') + '/' + (here()?.kind === 'im' ? 'app' : here()?.name || store.room));

async function become(who, where) {
  const got = await ask('page/start?as=' + encodeURIComponent(who || ''));
  const { me: id, now, home, ...rest } = got;
  Object.assign(store, rest, { me: id, home, ahead: now - Date.now() });
  store.elsewhere.delete(id);
  const wanted = store.rooms.find(r => r.id === where || (r.name && r.name === where) || (where === 'app' && r.kind === 'im'));
  store.room = (wanted || store.rooms.find(r => r.kind !== 'im' && r.member && !r.archived) || store.rooms[0]).id;
  store.tab = 'messages';
  homeTyped = {};
  side();
  listen();
  showViews();
  tell('person');
  await go(store.room);
}

async function go(id, tab = 'messages') {
  if (!room(id)) return;
  store.room = id;
  store.tab = tab;
  remember();
  head();
  composer();
  side();
  document.body.classList.remove('sided');
  tell('room');
  if (tab === 'home') { showHome(); does({ do: 'home' }).catch(e => flash(e.message)); return; }
  if (here().kind === 'im') does({ do: 'messages' }).catch(() => {});
  await read();
}

// read shows the newest messages of the room.
async function read() {
  const id = store.room;
  try {
    const got = await ask(`page/history?as=${store.me}&room=${id}`);
    if (id !== store.room || store.tab !== 'messages') return;
    list.clear();
    more = got.more;
    clear(box, begin(), rows);
    list.older(got.messages);
    box.scrollTop = box.scrollHeight;
    seen();
    tell('shown');
  } catch (e) {
    clear(box, h('p', { class: 'empty' }, e.message));
  }
}

function begin() {
  const r = here();
  return h('div', { class: 'begin', hidden: more }, h('h2', {}, r.kind === 'im' ? `You and ${store.app.name}` : roomLabel(r)), h('p', {}, r.kind === 'im' ? `Ask ${store.app.name} anything here; nobody else sees it.` : r.topic || 'This is where the conversation begins.'),
    !store.commands.length ? null : h('p', { class: 'quiet' }, 'Type ', h('kbd', {}, '/'), ' to see what can be done.'));
}

// Older messages come when one scrolls up to them.
box.addEventListener('scroll', async () => {
  if (loading || !more || store.tab !== 'messages' || box.scrollTop > 400) return;
  loading = true;
  try {
    const id = store.room, got = await ask(`page/history?as=${store.me}&room=${id}&before=${list.first()}`);
    if (id !== store.room) return;
    more = got.more;
    const below = box.scrollHeight - box.scrollTop;
    list.older(got.messages);
    box.scrollTop = box.scrollHeight - below;
    box.querySelector('.begin').hidden = more;
  } catch (e) { flash(e.message); } finally { loading = false; }
}, { passive: true });

function showHome() {
  const v = store.home;
  const keep = box.scrollTop, focused = document.activeElement?.dataset?.key;
  clear(box, h('div', { class: 'home' }, v ? blocks(v.blocks, surface({ view: v.id }, v.state, { typed: homeTyped })) : h('p', { class: 'empty' }, `${store.app.name} has put nothing on its Home tab yet.`)));
  box.scrollTop = keep;
  if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  tell('shown');
}

function head() {
  const r = here(), app = r.kind === 'im';
  const tab = (name, words) => h('button', { type: 'button', role: 'tab', 'aria-selected': store.tab === name ? 'true' : 'false', on: { click: () => go(r.id, name) } }, words);
  clear($('head'), button('Menu', () => document.body.classList.toggle('sided'), { icon: 'menu', bare: true, class: 'plain burger' }),
    h('div', { class: 'where' }, h('h1', {}, app ? null : icon(r.kind === 'group' ? 'lock' : 'hash'), app ? store.app.name : r.name || 'Group message'), app ? h('div', { class: 'tabs', role: 'tablist', 'aria-label': store.app.name }, store.app.home && tab('home', 'Home'), tab('messages', 'Messages')) : h('p', { class: 'topic' }, r.topic)),
    h('div', { class: 'levers' }, aside.levers()));
}

const near = () => box.scrollHeight - box.scrollTop - box.clientHeight < 160;
function seen() { const r = here(); if (r && list.last() > (r.latest || '')) r.latest = list.last(); markRead(store.room); }

function arrived(m, isNew) {
  const r = room(m.room), reply = m.thread_ts && m.thread_ts !== m.ts && m.subtype !== 'thread_broadcast';
  if (r && isNew && m.ts > (r.latest || '')) r.latest = m.ts;
  if (m.room === store.room && store.tab === 'messages' && !reply) {
    const stay = near() || m.user === store.me;
    const known = list.has(m.ts);
    if (known || !list.size || m.ts > list.first() || !more) { if (list.put(m) && isNew && m.user !== store.me) tell('heard', m); }
    if (stay) box.scrollTop = box.scrollHeight;
    seen();
  } else if (isNew) {
    if (m.user !== store.me) tell('heard', m);
    if (m.room === store.room) markRead(m.room);
    side();
  }
  tell('message', m, isNew, reply);
  tell('shown');
}

// A reply changes the line under the message that it answers.
on('message', async (m, isNew, reply) => {
  if (!reply || m.room !== store.room || !list.has(m.thread_ts)) return;
  const got = await ask(`page/thread?as=${store.me}&room=${m.room}&ts=${m.thread_ts}`).catch(() => null);
  const root = got?.messages[0];
  const stay = near();
  if (root && m.room === store.room && list.has(root.ts)) list.put(root);
  if (stay) box.scrollTop = box.scrollHeight;
});

// listen hears what happens; the browser comes back by itself when the line breaks.
function listen() {
  stream?.close();
  const mine = stream = new EventSource('page/live?as=' + store.me);
  let broken = false;
  const hear = (name, f) => mine.addEventListener(name, e => { if (mine === stream) f(JSON.parse(e.data)); });
  mine.addEventListener('error', () => { broken = true; banner('This page has lost its local Slack. It comes back by itself when `sopbot demo` runs again.'); });
  hear('hello', async d => {
    store.ahead = d.now - Date.now();
    store.connected = d.connected;
    banner();
    if (broken) { broken = false; await again(); }
  });
  hear('message', m => arrived(m, true));
  hear('changed', m => arrived(m, false));
  hear('gone', d => { if (d.room === store.room) list.drop(d.ts); tell('gone', d); });
  hear('views', v => { store.views = v; showViews(); tell('shown'); });
  hear('home', v => { store.home = v; if (store.tab === 'home') showHome(); });
  hear('rooms', rs => { store.rooms = rs; side(); if (room(store.room)) head(); composer.settle(); });
  hear('socket', n => { store.connected = n; banner(); });
  hear('clock', ms => { store.ahead = ms - Date.now(); tell('clock'); });
  hear('faults', f => { store.faults = f; tell('faults'); });
  hear('journal', n => { store.journal = n; tell('journal'); });
  hear('elsewhere', id => { if (!store.elsewhere.has(id)) { store.elsewhere.add(id); side(); } });
  hear('reset', again);
}

// again reads everything anew, after a gap.
async function again() {
  const got = await ask('page/start?as=' + store.me).catch(() => null);
  if (!got) return;
  if (got.me !== store.me) return become(got.me);
  Object.assign(store, { rooms: got.rooms, views: got.views, home: got.home, faults: got.faults, connected: got.connected, journal: got.journal });
  if (!room(store.room)) store.room = store.rooms[0].id;
  side(); showViews(); banner(); tell('person');
  if (store.tab === 'home') showHome(); else await read();
}

function banner(words = store.connected ? '' : `${store.app.name} is not connected right now. It goes on when it is back.`) {
  const at = $('banner');
  if (at.textContent !== words) clear(at, words && [icon('warn'), words]);
}

on('go', (id, tab) => go(id, tab).catch(e => flash(e.message)));
on('become', (who, where) => become(who, where).catch(e => flash(e.message)));
on('clock', () => { head(); if (store.tab === 'messages') read(); });
on('levers', head);
addEventListener('hashchange', () => { const { who, where } = address(); if (who && who !== me().handle) become(who, where); });
document.addEventListener('keydown', e => {
  if (e.key === 'Escape' && !document.querySelector('dialog[open]')) { if (document.body.classList.contains('sided')) document.body.classList.remove('sided'); else if (innerWidth < 900) aside.shut(); }
});

const { who, where } = address();
become(who, where).then(() => { $('typed')?.focus(); document.body.dataset.ready = 'yes'; }).catch(e => clear(box, h('p', { class: 'empty' }, e.message)));
