// A surface is where blocks stand: a message, a modal or the Home tab. It knows
// what is typed and picked there, and tells the app.
import { h, ask, flash, clear, button } from './dom.js';
import { store } from './store.js';
import { words } from './text.js';

export const does = touch => ask('page/do?as=' + store.me, touch);

// surface makes one. where names it ({view} or {room, ts}); state is what the
// server knows; typed is what this window knows better.
export function surface(where, state = {}, extra = {}) {
  const typed = extra.typed || {};
  let late = 0;
  return {
    where, errors: extra.errors || {}, typed,
    value: (b, e) => typed[b.block_id]?.[e.action_id] !== undefined ? { typed: typed[b.block_id][e.action_id] } : state?.values?.[b.block_id]?.[e.action_id] || state?.[b.block_id]?.[e.action_id] || {},
    // note keeps what is typed; a moment later the server has it too, so that a
    // window that is closed loses nothing.
    note(b, e, value) {
      (typed[b.block_id] ||= {})[e.action_id] = value;
      clearTimeout(late);
      late = setTimeout(() => does({ do: 'fill', ...where, values: typed }).catch(() => {}), 700);
    },
    settle: () => clearTimeout(late),
    // act tells the app. The thing that was used shows that it is on its way.
    async act(b, e, value, used) {
      if (e.confirm && !await sure(e.confirm)) return false;
      clearTimeout(late);
      used?.setAttribute('aria-busy', 'true');
      try {
        await does({ do: 'act', ...where, block: b.block_id, action: e.action_id, value, values: typed });
        return true;
      } catch (error) {
        flash(error.message);
        return false;
      } finally {
        used?.removeAttribute('aria-busy');
      }
    },
    suggest: (b, e, text) => does({ do: 'suggest', ...where, block: b.block_id, action: e.action_id, text, values: typed }).then(r => r.options),
  };
}

// sure asks in the words of the app.
export function sure(c) {
  return new Promise(done => {
    const box = document.getElementById('confirm');
    let sure = false;
    const end = yes => { sure = yes; box.close(); };
    clear(box, h('h2', { id: 'sure' }, c.title?.text || 'Are you sure?'), h('div', { class: 'body' }, words(c.text)), h('div', { class: 'foot' },
      button(c.deny?.text || 'Cancel', () => end(false), { autofocus: true }), button(c.confirm?.text || 'Yes', () => end(true),
        { class: c.style === 'danger' ? 'danger' : 'primary' })));
    const from = document.activeElement;
    box.setAttribute('aria-labelledby', 'sure');
    box.onclose = () => { from?.focus(); done(sure); };
    box.showModal();
  });
}
