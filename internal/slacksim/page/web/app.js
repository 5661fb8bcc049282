// The page begins here: it reads who looks and at what, listens to the server,
// and hands what comes to the parts that show it.
import { h, clear, ask, button, flash, icon } from './dom.js';
import { store, on, tell, me, room, here, roomLabel, markRead, readMarks } from './store.js';
import { messageList, walk } from './messages.js';
import { blocks } from './blocks.js';
import { surface, does } from './surface.js';
import { side } from './side.js';
import { composer } from './composer.js';
import { showViews } from './modal.js';
import { aside } from './aside.js';

const $ = id => document.getElementById(id);
const box = $('scroll'), body = document.body;
const rows = h('div', { class: 'rows', role: 'log', 'aria-live': 'off', 'aria-label': 'Messages' });
const down = button('New messages', () => { stuck = true; lastTop = 0; stick(); }, { class: 'down', icon: 'down', hidden: true });
const list = messageList(rows);
let stream, more = false, loading = null, fetching = false, stuck = true, lastTop = 0, homeTyped = {}, homeLook = '';

// Who and where stand in the address, so that each window has its own.
const address = () => { const q = new URLSearchParams(location.search); return { who: q.get('as') || '', where: q.get('in') || '' }; };
const placeOf = () => store.tab === 'home' ? 'home' : here().kind === 'im' ? 'app' : here().name || store.room;
function remember(how) {
  const to = '?' + new URLSearchParams({ as: me().handle, in: placeOf() });
  if (to !== location.search) history[how](null, '', to);
}
const find = where => store.rooms.find(r => r.id === where || (r.name && r.name === where) || (r.kind === 'im' && (where === 'app' || where === 'home')));

async function become(who, where, how = 'pushState') {
  const got = await ask('page/start?as=' + encodeURIComponent(who || ''));
  take(got);
  store.elsewhere.delete(store.me);
  homeTyped = {};
  listen();
  showViews();
  tell('person');
  const r = find(where) || store.rooms.find(r => r.kind !== 'im' && r.member && !r.archived) || store.rooms[0];
  await go(r.id, where === 'home' && store.app.home ? 'home' : 'messages', how);
}

function take({ now, ...got }) {
  Object.assign(store, got, { lost: false });
  store.ahead = now - Date.now();
}

async function go(id, tab = 'messages', how = 'pushState') {
  if (!room(id)) return;
  store.room = id;
  store.tab = tab;
  remember(how);
  head();
  composer();
  side();
  banner();
  drawer(false);
  tell('room');
  if (tab === 'home') { showHome(); does({ do: 'home' }).catch(e => flash(e.message)); } else {
    if (here().kind === 'im') does({ do: 'messages' }).catch(() => {});
    await read();
  }
  if (!document.querySelector('dialog[open], aside:focus-within, details[open]:focus-within')) (store.tab === 'home' ? box : $('typed') || box).focus();
}

// read shows the newest messages of the room; what arrives meanwhile waits.
async function read() {
  const id = store.room, mine = loading = { room: id, late: [] };
  try {
    const got = await ask(`page/history?as=${store.me}&room=${id}`);
    if (loading !== mine || store.tab !== 'messages') return;
    list.clear(readMarks()[id]);
    more = got.more;
    list.older(got.messages);
    loading = null;
    for (const m of mine.late) list.put(m);
    clear(box, begin(), rows, down);
    trim();
    stuck = true;
    lastTop = 0;
    stick();
    seen();
    tell('shown');
  } catch (e) {
    if (loading === mine) { loading = null; clear(box, h('p', { class: 'empty' }, e.message)); }
  }
}

// trim lets go of what lies far above: it comes again when one scrolls there.
function trim() {
  if (list.size <= 500) return;
  list.trim(200);
  more = true;
  lastTop = 0;
  box.querySelector('.begin').hidden = true;
}

function begin() {
  const r = here(), app = r.kind === 'im';
  return h('div', { class: 'begin', hidden: more }, h('h2', {}, app ? `You and ${store.app.name}` : roomLabel(r)),
    h('p', {}, app ? `Write to ${store.app.name} here; nobody else sees it.` : r.topic ? r.topic + '.' : 'This is where the conversation begins.'),
    r.member && !r.archived && store.commands.length > 0 && h('p', { class: 'quiet' }, 'Type ', h('kbd', {}, '/'), ' below to see what can be done.'));
}

const near = () => box.scrollHeight - box.scrollTop - box.clientHeight < 120;
// stick shows the newest message, unless one has just scrolled up.
function stick() {
  if (box.scrollTop < lastTop - 1 && !near()) stuck = false;
  if (!stuck) return;
  box.scrollTop = box.scrollHeight;
  lastTop = box.scrollTop;
  down.hidden = true;
}
on('sent', () => { stuck = true; lastTop = 0; stick(); });

// Pictures that load, and rows that are measured late, must not push the newest
// message out of sight.
const sizes = new ResizeObserver(() => { if (store.tab === 'messages') stick(); });
sizes.observe(rows);
sizes.observe(box);

// Older messages come when one scrolls up to them.
box.addEventListener('scroll', async () => {
  stuck = near();
  lastTop = box.scrollTop;
  if (stuck) down.hidden = true;
  if (fetching || loading || !more || store.tab !== 'messages' || box.scrollTop > 600) return;
  fetching = true;
  try {
    const id = store.room, got = await ask(`page/history?as=${store.me}&room=${id}&before=${list.first()}`);
    if (id !== store.room || loading) return;
    more = got.more;
    const below = box.scrollHeight - box.scrollTop;
    list.older(got.messages);
    box.querySelector('.begin').hidden = more;
    box.scrollTop = box.scrollHeight - below;
  } catch (e) { flash(e.message); } finally { fetching = false; }
}, { passive: true });

function showHome() {
  const v = store.home, look = JSON.stringify([store.me, v?.id, v?.blocks, v?.notice]);
  if (look === homeLook && box.querySelector('.home')) return; // published as it was: nothing moves under one's hands
  homeLook = look;
  const keep = box.scrollTop, focused = document.activeElement?.closest('.home') && document.activeElement.dataset.key;
  clear(box, h('div', { class: 'home' },
    v?.notice && h('p', { class: 'error notice', role: 'alert' }, icon('warn'), v.notice),
    v ? blocks(v.blocks, surface({ view: v.id }, v.state, { typed: homeTyped }))
      : h('p', { class: 'empty' }, icon('home'), `${store.app.name} has put nothing on its Home tab yet.`)));
  box.scrollTop = keep;
  if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  tell('shown');
}

function head() {
  const r = here(), app = r.kind === 'im';
  const tab = (name, words) => h('button', { type: 'button', role: 'tab', 'aria-selected': store.tab === name ? 'true' : 'false', on: { click: () => go(r.id, name) } }, words);
  const focused = document.activeElement?.closest('#head') && document.activeElement.dataset.key;
  clear($('head'),
    button('Channels and people', () => drawer(!body.classList.contains('sided')),
      { icon: 'menu', bare: true, class: 'plain burger', 'aria-expanded': 'false', 'aria-controls': 'side' }),
    
    h('div', { class: 'where' }, h('h1', {}, app ? null : icon(r.kind === 'group' ? 'lock' : 'hash'), h('span', {}, app ? store.app.name : r.name || 'Group message')),
      app ? h('div', { class: 'tabs', role: 'tablist', 'aria-label': store.app.name }, store.app.home && tab('home', 'Home'),
        tab('messages', 'Messages')) : r.topic && h('p', { class: 'topic' }, r.topic)),
    h('div', { class: 'levers' }, aside.levers()));
  if (focused) $('head').querySelector(`[data-key="${focused}"]`)?.focus();
}

// drawer opens and shuts the side bar of a narrow window.
function drawer(open) {
  if (open === body.classList.contains('sided')) return;
  body.classList.toggle('sided', open);
  const burger = document.querySelector('.burger');
  burger?.setAttribute('aria-expanded', String(open));
  if (open) $('side').querySelector('.here, a, summary')?.focus();
  else if ($('side').contains(document.activeElement)) burger?.focus();
}
$('main').addEventListener('pointerdown', e => { if (body.classList.contains('sided') && !e.target.closest('.burger')) { e.preventDefault(); drawer(false); } });

function seen() {
  const r = here();
  if (r && list.size && list.last() > (r.latest || '')) r.latest = list.last();
  markRead(store.room);
}

const replied = m => m.thread_ts && m.thread_ts !== m.ts && m.subtype !== 'thread_broadcast';

function arrived(m, isNew) {
  const r = room(m.room), reply = replied(m);
  if (r && isNew && m.ts > (r.latest || '')) r.latest = m.ts;
  if (isNew && m.user !== store.me) tell('heard', m);
  if (loading?.room === m.room && !reply) loading.late.push(m);
  else if (m.room === store.room && store.tab === 'messages' && !reply) {
    stick();
    if (m.user === store.me && isNew) { stuck = true; lastTop = 0; }
    if (list.has(m.ts) || !list.size || m.ts > list.first() || !more) list.put(m);
    if (stuck) trim();
    if (isNew && !stuck) down.hidden = false;
    stick();
    seen();
  } else if (isNew) {
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
  if (root && m.room === store.room && list.has(root.ts)) { list.put(root); stick(); }
});

// listen hears what happens; the browser comes back by itself when the line breaks.
function listen() {
  stream?.close();
  const mine = stream = new EventSource('page/live?as=' + store.me);
  let broken = false;
  const hear = (name, f) => mine.addEventListener(name, e => { if (mine === stream) f(JSON.parse(e.data)); });
  mine.addEventListener('error', () => {
    if (mine !== stream) return;
    broken = true;
    store.lost = true;
    banner();
    // A browser gives up after an answer that is no stream; the page does not.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => { if (mine === stream) listen(); }, 1000);
  });
  hear('hello', d => {
    const news = broken || store.lost || d.seen !== store.seen;
    broken = false;
    if (d.me !== store.me) become(d.me).catch(e => flash(e.message)); // another workspace answers here now
    else if (news) renew(d);
    else { take(d); banner(); }
  });
  hear('message', m => arrived(m, true));
  hear('changed', m => arrived(m, false));
  hear('gone', d => { if (loading) loading.late = loading.late.filter(m => m.ts !== d.ts); if (d.room === store.room) list.drop(d.ts); tell('gone', d); });
  hear('views', v => { store.views = v; showViews(); tell('shown'); });
  hear('home', v => { store.home = v; if (store.tab === 'home') showHome(); });
  hear('rooms', rs => { store.rooms = rs; side(); if (room(store.room)) head(); composer.settle(); });
  hear('socket', n => { store.connected = n; banner(); });
  hear('status', words => { store.status = words; banner(); });
  hear('clock', ms => { store.ahead = ms - Date.now(); tell('clock'); });
  hear('faults', f => { store.faults = f; tell('faults'); });
  hear('journal', n => { store.journal = n; tell('journal'); });
  hear('elsewhere', id => { if (!store.elsewhere.has(id)) { store.elsewhere.add(id); side(); } });
}

// renew shows how things stand, after a gap.
function renew(d) {
  take(d);
  if (!room(store.room)) store.room = store.rooms[0].id;
  side(); showViews(); head(); banner(); composer.settle(); tell('faults'); tell('journal');
  if (store.tab === 'home') showHome(); else read();
}

function banner() {
  const away = store.connected ? '' : `${store.app.name} is not connected right now. It goes on when it is back.`;
  const words = store.lost ? 'The local Slack does not answer. This page goes on by itself when it is back.' : store.status || away;
  const at = $('banner');
  if (at.textContent !== words) clear(at, words && [icon('warn'), words]);
}

on('go', (id, tab) => go(id, tab).catch(e => flash(e.message)));
on('become', (who, where) => become(who, where).catch(e => flash(e.message)));
on('clock', () => { head(); side(); if (store.tab === 'messages') list.redraw(); else showHome(); });
on('levers', head);
on('escape', () => drawer(false));
addEventListener('popstate', () => {
  const { who, where } = address(), r = find(where);
  const gone = who === me().handle && r ? go(r.id, where === 'home' ? 'home' : 'messages', 'replaceState') : become(who, where, 'replaceState');
  gone.catch(e => flash(e.message));
});
document.addEventListener('keydown', e => {
  if (e.key !== 'Escape' || e.defaultPrevented || document.querySelector('dialog[open]')) return;
  if (body.classList.contains('sided')) drawer(false);
  else if ($('aside').contains(document.activeElement) || innerWidth <= 1180) aside.shut();
});
walk(box);
// A window that nobody sees hangs up: a browser has few lines to one server.
let away = 0;
document.addEventListener('visibilitychange', () => {
  clearTimeout(away);
  if (document.hidden) away = setTimeout(() => { stream?.close(); stream = null; store.seen = -1; }, 60000);
  else if (!stream && store.me) listen();
});
setInterval(() => { if (store.me && !$('side').contains(document.activeElement)) side(); }, 60000); // the local times go on

const { who, where } = address();
become(who, where, 'replaceState').then(() => { body.dataset.ready = 'yes'; }).catch(e => clear(box, h('p', { class: 'empty' }, e.message)));
