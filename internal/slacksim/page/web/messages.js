// Messages: one of them, and lists of them.
import { h, clear, icon, button, menu, flash } from './dom.js';
import { store, nameOf, clockTime, dayName, dayOf, tsMs, person, when, tell, on, roomLabel, room } from './store.js';
import { mrkdwn, face, flat, link } from './text.js';
import { blocks, fileChip } from './blocks.js';
import { surface, does } from './surface.js';

// avatar is a person's initials in a colour of their own, or the app's mark.
export function avatar(id, small) {
  const p = person(id), name = p ? p.full : nameOf(id);
  const initials = p ? name.split(' ').map(w => w[0]).slice(0, 2).join('') : id === store.app.user ? '✦' : 'S';
  const n = store.people.findIndex(x => x.id === id);
  return h('span', { class: 'avatar ' + (small ? 'small ' : '') + (n < 0 ? 'app' : 'a' + n % 8), 'aria-hidden': 'true' }, initials);
}

// message draws one message as an article.
export function message(m, inThread) {
  const from = m.author || nameOf(m.user), mine = m.is_ephemeral, ms = tsMs(m.ts);
  const at = surface({ room: m.room, ts: m.ts }, m.state);
  const body = m.blocks?.length ? blocks(m.blocks, at) : m.text ? [mrkdwn(m.text)] : [];
  const files = (m.files || []).map(f => /^image\//.test(f.mimetype) ? h('figure', { class: 'block picture' }, f.title && h('figcaption', {}, f.title), h('img', { src: 'page/file/' + f.id, alt: f.alt_txt || f.title || f.name })) : fileChip(f));
  const notes = (m.attachments || []).map(a => h('div', { class: 'attachment' }, a.blocks?.length ? blocks(a.blocks, at) : [a.pretext, a.title && link(a.title_link || '', a.title), a.text && mrkdwn(a.text)]));
  const long = (m.text || '').length > 4000 && m.user !== store.app.user;
  const inner = h('div', { class: 'content' + (long ? ' long' : '') }, body, notes, files);
  const replies = m.reply_count && !inThread && button(`${m.reply_count} ${m.reply_count === 1 ? 'reply' : 'replies'}`, () => tell('thread', m.room, m.ts), { class: 'replies', icon: 'thread' });
  return h('article', { class: 'message' + (mine ? ' whisper' : '') + (m.user === store.app.user ? ' byapp' : ''), 'data-ts': m.ts, 'aria-label': `${from}, ${clockTime(ms)}`, tabindex: '-1' },
    avatar(m.author ? 'USLACKBOT' : m.user),
    h('div', { class: 'said' },
      mine && h('p', { class: 'only' }, icon('eye'), 'Only visible to you'),
      h('p', { class: 'by' }, h('strong', {}, from), m.bot_id && h('span', { class: 'tag' }, 'App'), h('time', { datetime: new Date(ms).toISOString(), title: when(ms, { dateStyle: 'full', timeStyle: 'medium' }) }, clockTime(ms)), m.edited && h('span', { class: 'quiet' }, '(edited)'), m.thread_ts && m.thread_ts !== m.ts && !inThread && h('span', { class: 'quiet' }, 'replied to a thread')),
      inner,
      long && button('Show all', ev => { inner.classList.toggle('long'); ev.currentTarget.remove(); }, { class: 'plain' }),
      m.warned && h('p', { class: 'error', role: 'alert' }, icon('warn'), `${store.app.name} did not answer. Try again in a moment.`),
      m.reactions?.length && h('div', { class: 'reactions' }, m.reactions.map(r => h('span', { class: 'chip', title: r.users.map(nameOf).join(', ') }, face(r.name), ' ', r.count))),
      replies),
    h('div', { class: 'tools' }, !mine && !inThread && button('Reply in a thread', () => tell('thread', m.room, m.thread_ts || m.ts), { icon: 'thread', bare: true }), button('More actions', ev => more(m, ev.currentTarget, inThread), { icon: 'more', bare: true, 'aria-haspopup': 'menu' })));
}

function more(m, at, inThread) {
  const items = [];
  if (!m.is_ephemeral) {
    if (!inThread) items.push(['Reply in a thread', () => tell('thread', m.room, m.thread_ts || m.ts)]);
    for (const s of store.shortcuts.filter(s => s.message)) items.push([s.name, () => does({ do: 'shortcut', room: m.room, ts: m.ts, text: s.id }).catch(e => flash(e.message)), store.app.name]);
    for (const name of ['+1', 'eyes', 'white_check_mark']) items.push([`React with ${face(name).textContent}`, () => does({ do: 'react', room: m.room, ts: m.ts, text: name }).catch(e => flash(e.message))]);
  }
  items.push(['Copy as Block Kit', () => copy(JSON.stringify({ blocks: (m.blocks || [{ type: 'section', text: { type: 'mrkdwn', text: m.text } }]).map(b => b) }, null, 2), 'Copied: paste it into Block Kit Builder')]);
  menu(at, items, 'More actions');
}

export async function copy(words, done = 'Copied') {
  try { await navigator.clipboard.writeText(words); flash(done); } catch { flash('The browser does not let this page copy'); }
}

// messageList keeps a box of messages in order of time, with the days between.
export function messageList(box, inThread) {
  let kept = [];
  const divider = (prev, m) => !inThread && (!prev || dayOf(tsMs(prev.ts)) !== dayOf(tsMs(m.ts))) ? h('div', { class: 'day', role: 'separator' }, h('span', {}, dayName(tsMs(m.ts)))) : null;
  const draw = i => {
    const m = kept[i].m, fresh = h('div', { class: 'row' }, divider(kept[i - 1]?.m, m), message(m, inThread));
    const focused = kept[i].node?.contains(document.activeElement) && document.activeElement.dataset?.key;
    if (kept[i].node) kept[i].node.replaceWith(fresh);
    kept[i].node = fresh;
    if (focused) fresh.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    return fresh;
  };
  return {
    get size() { return kept.length; },
    first: () => kept[0]?.m.ts,
    last: () => kept.at(-1)?.m.ts,
    all: () => kept.map(k => k.m),
    clear() { kept = []; clear(box); },
    // put adds a message or changes the one that is there.
    put(m) {
      const i = kept.findIndex(k => k.m.ts === m.ts);
      if (i >= 0) {
        if (m.seq >= kept[i].m.seq) { kept[i].m = m; draw(i); }
        return false;
      }
      let j = kept.length;
      while (j > 0 && kept[j - 1].m.ts > m.ts) j--;
      kept.splice(j, 0, { m });
      const node = draw(j), next = kept[j + 1];
      next ? next.node.before(node) : box.append(node);
      if (next) draw(j + 1);
      return true;
    },
    // older puts a page of messages before what is there.
    older(messages) {
      kept.unshift(...messages.filter(m => !kept.some(k => k.m.ts === m.ts)).map(m => ({ m })));
      const fragment = document.createDocumentFragment();
      const added = kept.findIndex(k => k.node);
      for (let i = 0; i < (added < 0 ? kept.length : added); i++) fragment.append(draw(i));
      box.prepend(fragment);
      if (added > 0) draw(added);
    },
    drop(ts) {
      const i = kept.findIndex(k => k.m.ts === ts);
      if (i < 0) return;
      kept[i].node.remove();
      kept.splice(i, 1);
      if (kept[i]) draw(i);
    },
    has: ts => kept.some(k => k.m.ts === ts),
  };
}

// hear reads a new message to those who listen.
on('heard', m => {
  const box = document.getElementById('heard');
  box.textContent = `${m.author || nameOf(m.user)} in ${roomLabel(room(m.room))}: ${flat(m.blocks?.length ? h('div', {}, blocks(m.blocks, surface({}, m.state))) : mrkdwn(m.text || '')).slice(0, 300)}`;
});
