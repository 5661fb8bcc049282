// Messages: one of them, and lists of them.
import { h, clear, icon, button, menu, flash } from './dom.js';
import { store, nameOf, clockTime, dayName, dayOf, tsMs, person, when, tell, on, roomLabel, room } from './store.js';
import { mrkdwn, face, flat, link } from './text.js';
import { blocks, fileChip } from './blocks.js';
import { surface, does } from './surface.js';

// avatar is a person's initials in a colour of their own, or the app's mark.
export function avatar(id, small) {
  const p = person(id), name = p ? p.full : nameOf(id);
  const initials = p ? name.split(' ').map(w => w[0]).slice(0, small ? 1 : 2).join('') : id === store.app.user ? '✦' : 'S';
  const n = store.people.findIndex(x => x.id === id);
  return h('span', { class: 'avatar ' + (small ? 'small ' : '') + (n < 0 ? 'app' : 'a' + n % 8), 'aria-hidden': 'true' }, initials);
}

// What is typed and picked in a message outlives its being drawn anew.
const typed = {};
const attempt = touch => does(touch).catch(e => flash(e.message));
const react = (m, name) => attempt({ do: 'react', room: m.room, ts: m.ts, text: name });

// message draws one message as an article; joined leaves out who said it.
export function message(m, inThread, joined) {
  const from = m.author || nameOf(m.user), mine = m.is_ephemeral, ms = tsMs(m.ts);
  const at = surface({ room: m.room, ts: m.ts }, m.state, { typed: typed[store.me + m.room + m.ts] ||= {} });
  // What people type is formatted as they typed it; Slack's own box does so as one types.
  const body = m.client_msg_id && m.text ? [mrkdwn(m.text)] : m.blocks?.length ? blocks(m.blocks, at) : m.text ? [mrkdwn(m.text)] : [];
  const files = (m.files || []).map(f => /^image\//.test(f.mimetype) ? h('figure', { class: 'block picture' }, f.title && h('figcaption', {}, f.title),
    h('img', { src: 'page/file/' + f.id, alt: f.alt_txt || f.title || f.name })) : fileChip(f));
  const notes = (m.attachments || []).map(a => h('div', { class: 'attachment' },
    a.blocks?.length ? blocks(a.blocks, at) : [a.pretext, a.title && link(a.title_link || '', a.title), a.text && mrkdwn(a.text)]));
  const long = (m.text || '').length > 4000 && m.user !== store.app.user;
  const inner = h('div', { class: 'content' + (long ? ' long' : '') }, body, notes, files, m.edited && h('span', { class: 'edited' }, '(edited)'));
  const last = m.latest_reply && tsMs(m.latest_reply);
  const replies = m.reply_count && !inThread && button(`${m.reply_count} ${m.reply_count === 1 ? 'reply' : 'replies'}`, () => tell('thread', m.room, m.ts),
    { class: 'replies', icon: 'thread' });
  replies && replies.append(h('small', {}, `last ${dayName(last) === 'Today' ? clockTime(last) : dayName(last)}`));
  return h('article', { class: 'message' + (mine ? ' whisper' : '') + (joined ? ' joined' : ''), 'data-ts': m.ts, 'aria-label': `${from}, ${clockTime(ms)}`, tabindex: '-1' },
    joined ? h('span', { class: 'at', 'aria-hidden': 'true' }, clockTime(ms).replace(/ .M$/, '')) : null,
    avatar(m.author ? 'USLACKBOT' : m.user),
    h('div', { class: 'said' },
      mine && h('p', { class: 'only' }, icon('eye'), 'Only visible to you'),
      h('p', { class: 'by' }, h('strong', {}, from), m.bot_id && h('span', { class: 'tag' }, 'App'),
        h('time', { datetime: new Date(ms).toISOString(), title: when(ms, { dateStyle: 'full', timeStyle: 'medium' }) }, clockTime(ms)),
        m.subtype === 'thread_broadcast' && !inThread && h('span', { class: 'quiet' }, 'replied to a thread')),
      inner,
      long && button('Show all', ev => { inner.classList.toggle('long'); ev.currentTarget.remove(); }, { class: 'plain' }),
      m.warned && h('p', { class: 'error', role: 'alert' }, icon('warn'), `${store.app.name} did not answer. Try again in a moment.`),
      m.reactions?.length && h('div', { class: 'reactions' },
        m.reactions.map(r => h('button',
          { type: 'button', title: r.users.map(nameOf).join(', '), 'aria-label': `${r.name}, ${r.count}`, 'aria-pressed': r.users.includes(store.me) ? 'true' : 'false',
            on: { click: () => react(m, r.name) } },
          face(r.name), String(r.count)))),
      replies),
    h('div', { class: 'tools' }, !mine && !inThread && button('Reply in a thread', () => tell('thread', m.room, m.thread_ts || m.ts), { icon: 'thread', bare: true }),
      button('More actions', ev => more(m, ev.currentTarget, inThread), { icon: 'more', bare: true, 'aria-haspopup': 'menu' })));
}

function more(m, at, inThread) {
  const items = [];
  if (!m.is_ephemeral) {
    for (const s of store.shortcuts.filter(s => s.message)) items.push([s.name, () => attempt({ do: 'shortcut', room: m.room, ts: m.ts, text: s.id }), store.app.name]);
    if (!inThread) items.push(['Reply in a thread', () => tell('thread', m.room, m.thread_ts || m.ts)]);
    for (const name of ['+1', 'eyes', 'white_check_mark']) items.push([`React with ${face(name).textContent}`, () => react(m, name)]);
  }
  const kit = m.blocks?.length ? m.blocks : [{ type: 'section', text: { type: 'mrkdwn', text: m.text } }];
  items.push(['Copy as Block Kit', () => copy(JSON.stringify({ blocks: kit }, null, 2), 'Copied: paste it into Block Kit Builder')]);
  menu(at, items, 'More actions');
}

export async function copy(words, done = 'Copied') {
  try { await navigator.clipboard.writeText(words); flash(done); } catch { flash('The browser does not let this page copy'); }
}

// messageList keeps a box of messages in order of time, with the days between,
// a line where the unread ones begin, and one heading for what one person says
// in a row.
export function messageList(box, inThread) {
  let kept = [], mark = null;
  const whole = m => m.is_ephemeral || (m.bot_id && m.blocks?.length) || m.attachments || m.subtype === 'thread_broadcast';
  const joins = (a, b) => a && a.user === b.user && a.author === b.author && !a.is_ephemeral && !whole(b) && tsMs(b.ts) - tsMs(a.ts) < 3e5;
  const draw = i => {
    const m = kept[i].m, prev = kept[i - 1]?.m;
    const day = !inThread && (!prev || dayOf(tsMs(prev.ts)) !== dayOf(tsMs(m.ts))) && h('div', { class: 'day', role: 'separator' }, h('span', {}, dayName(tsMs(m.ts))));
    const fresh = mark && m.ts > mark && m.user !== store.me && !(prev && prev.ts > mark) && h('div', { class: 'fresh', role: 'separator' }, 'New');
    const row = h('div', { class: 'row' }, day, fresh, message(m, inThread, !day && !fresh && joins(prev, m)));
    const active = kept[i].node?.contains(document.activeElement) && document.activeElement;
    if (kept[i].node) kept[i].node.replaceWith(row);
    kept[i].node = row;
    // Once it has been measured, a row out of sight costs nothing, and keeps its height.
    requestAnimationFrame(() => requestAnimationFrame(() => row.classList.add('rest')));
    if (active) (active.dataset.key && row.querySelector(`[data-key="${CSS.escape(active.dataset.key)}"]`) || row.querySelector('.message')).focus({ preventScroll: true });
    return row;
  };
  const at = ts => { let lo = 0, hi = kept.length; while (lo < hi) { const mid = (lo + hi) >> 1; if (kept[mid].m.ts < ts) lo = mid + 1; else hi = mid; } return lo; };
  return {
    get size() { return kept.length; },
    first: () => kept[0]?.m.ts,
    last: () => kept.at(-1)?.m.ts,
    clear(since) { kept = []; mark = since || null; clear(box); },
    // put adds a message or changes the one that is there; true if it is new.
    put(m) {
      const i = at(m.ts);
      if (kept[i]?.m.ts === m.ts) {
        if (m.seq >= kept[i].m.seq) { kept[i].m = m; draw(i); }
        return false;
      }
      kept.splice(i, 0, { m });
      const row = draw(i), next = kept[i + 1];
      next ? next.node.before(row) : box.append(row);
      if (next) draw(i + 1);
      return true;
    },
    // older puts a page of messages before what is there.
    older(messages) {
      const first = kept[0]?.m.ts, added = messages.filter(m => !first || m.ts < first);
      kept.unshift(...added.map(m => ({ m })));
      const page = document.createDocumentFragment();
      added.forEach((_, i) => page.append(draw(i)));
      box.prepend(page);
      if (kept[added.length]) draw(added.length);
    },
    drop(ts) {
      const i = at(ts);
      if (kept[i]?.m.ts !== ts) return;
      kept[i].node.remove();
      kept.splice(i, 1);
      if (kept[i]) draw(i);
    },
    // trim forgets the oldest down to so many.
    trim(to) {
      for (const k of kept.splice(0, Math.max(0, kept.length - to))) k.node.remove();
      if (kept.length) draw(0);
    },
    redraw() { kept.forEach((_, i) => draw(i)); },
    has: ts => kept[at(ts)]?.m.ts === ts,
  };
}

// walk lets the arrow keys go from message to message.
export function walk(scroll) {
  scroll.addEventListener('keydown', e => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[e.key], on = document.activeElement;
    if (!step || (on !== scroll && !on.matches('.message'))) return;
    const all = [...scroll.querySelectorAll('.message')], i = all.indexOf(on);
    const to = i < 0 ? (step < 0 ? all.at(-1) : null) : all[i + step];
    if (!to) return;
    e.preventDefault();
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest' });
  });
}

// hear reads a new message to those who listen.
on('heard', m => {
  const box = document.getElementById('heard');
  box.textContent = `${m.author || nameOf(m.user)} in ${roomLabel(room(m.room))}: ${flat(m.blocks?.length ? h('div', {}, blocks(m.blocks, surface({}, m.state))) : mrkdwn(m.text || '')).slice(0, 300)}`;
});
