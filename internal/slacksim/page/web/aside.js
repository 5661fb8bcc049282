// What stands beside the messages: a thread, the tour, or the inspector; and
// the levers in the head that open them, and push the clock.
import { h, clear, button, menu, ask, flash, icon } from './dom.js';
import { store, on, tell, when, now, me, clockTime } from './store.js';
import { messageList, walk } from './messages.js';
import { writer } from './composer.js';
import { inspector } from './inspector.js';
import { tour } from './tour.js';

const box = document.getElementById('aside');
let shown = '', thread = null, from = null;

function open(what, title, ...inner) {
  if (!box.contains(document.activeElement)) from = document.activeElement;
  shown = what;
  if (what !== 'thread') thread = null;
  box.hidden = false;
  box.className = what;
  box.setAttribute('aria-label', title);
  clear(box, h('header', {}, h('h2', {}, title), button(`Close ${title.toLowerCase()}`, shut, { icon: 'close', bare: true, class: 'plain' })), inner);
  tell('levers');
}

function shut() {
  if (!shown) return;
  const was = shown;
  shown = '';
  thread = null;
  box.hidden = true;
  clear(box);
  tell('levers');
  (from?.isConnected ? from : document.querySelector(`[data-key="${was}"]`) || document.getElementById('typed'))?.focus();
}

const toggle = (what, how) => shown === what ? shut() : how();
const openTour = () => open('tour', 'Guided tour', tour());
const openInspector = () => open('inspector', 'Inspector', inspector());

async function openThread(room, ts) {
  const rows = h('div', { class: 'rows', role: 'log', 'aria-label': 'Thread' }), scroll = h('div', { class: 'scroll', tabindex: '0' }, rows);
  const mine = { room, ts, list: messageList(rows, true), scroll };
  walk(scroll);
  open('thread', 'Thread', scroll, writer({ id: 'reply', label: 'Reply', room, thread: ts }));
  thread = mine;
  try {
    const got = await ask(`page/thread?as=${store.me}&room=${room}&ts=${ts}`);
    if (thread !== mine) return;
    mine.list.older(got.messages);
    scroll.scrollTop = scroll.scrollHeight;
    document.getElementById('reply')?.focus();
    tell('shown');
  } catch (e) { flash(e.message); }
}

on('thread', openThread);
on('message',
  m => { if (thread && m.room === thread.room && (m.ts === thread.ts || m.thread_ts === thread.ts)) { thread.list.put(m); thread.scroll.scrollTop = thread.scroll.scrollHeight; } });
on('gone', d => { if (thread && d.room === thread.room) thread.list.drop(d.ts); });
on('person', () => { if (thread) shut(); });
on('room', () => { if (thread && thread.room !== store.room) shut(); });

async function push(step) {
  try { await ask('page/clock?as=' + store.me, { step }); flash('The clock was pushed to ' + when(now(), { weekday: 'long', hour: 'numeric', minute: '2-digit' })); } catch (e) { flash(e.message); }
}

const steps = [['+30 minutes', '30m'], ['+2 hours', '2h'], ['Tomorrow morning', 'morning'], ['Next Monday', 'monday']];

export const aside = {
  shut,
  levers: () => [
    store.clock && button(when(now(), { weekday: 'short', hour: 'numeric', minute: '2-digit' }),
      e => menu(e.currentTarget, steps.map(([words, step]) => [words, () => push(step)]), 'Push the clock'),
      { icon: 'clock', class: 'lever clock', 'data-key': 'clock', title: `The clock of this workspace, in ${me().tz}. Push it on.`, 'aria-haspopup': 'menu' }),
    store.tour?.length && button('Tour', () => toggle('tour', openTour),
      { icon: 'compass', class: 'lever', 'data-key': 'tour', 'aria-label': 'Tour', 'aria-pressed': shown === 'tour' ? 'true' : 'false' }),
    button('Inspector', () => toggle('inspector', openInspector),
      { icon: 'gear', class: 'lever', 'data-key': 'inspector', 'aria-label': 'Inspector', 'aria-pressed': shown === 'inspector' ? 'true' : 'false' }),
  ],
};

// The clock in the head goes on by itself.
setInterval(() => { const at = document.querySelector('.lever.clock span'); if (at) at.textContent = when(now(), { weekday: 'short', hour: 'numeric', minute: '2-digit' }); },
  10000);

// A newcomer finds the tour open, where there is room for it.
let first = true;
on('person', () => {
  if (!first || !store.tour?.length || innerWidth <= 1180) return;
  first = false;
  let begun;
  try { begun = localStorage.getItem('local-slack-tour-shut'); } catch { begun = null; }
  if (!begun) setTimeout(openTour);
});
box.addEventListener('click',
  e => { if (shown === 'tour' && e.target.closest('header button')) try { localStorage.setItem('local-slack-tour-shut', 'yes'); } catch { /* then it opens again next time */ } },
  true);
