// Modals: up to three views on a stack, the top one shown.
import { h, clear, button, icon, flash } from './dom.js';
import { store } from './store.js';
import { blocks } from './blocks.js';
import { surface, does } from './surface.js';
import { plainEmoji } from './text.js';

const box = document.getElementById('modal');
const typed = {}; // what is typed in each open view, by its ID
let at, drawn = '', from = null;

export function showViews() {
  const v = store.views.at(-1);
  for (const id of Object.keys(typed)) if (!store.views.some(x => x.id === id)) delete typed[id];
  if (!v) {
    at?.settle();
    at = null;
    drawn = '';
    if (box.open) { box.close(); (from?.isConnected ? from : document.getElementById('typed') || document.body).focus(); }
    return;
  }
  const mark = JSON.stringify([store.me, v.id, v.hash, v.errors, v.pending, v.notice, store.views.length]);
  if (mark === drawn && box.open) return;
  const same = box.open && box.dataset.view === v.id, body = box.querySelector('.body');
  const scroll = same ? body.scrollTop : 0, active = same ? document.activeElement : null, key = active?.dataset?.key, caret = [active?.selectionStart, active?.selectionEnd];
  drawn = mark;
  box.dataset.view = v.id;
  at?.settle();
  at = surface({ view: v.id }, v.state, { errors: v.errors, typed: typed[v.id] ||= {} });
  const title = v.title?.text || '';
  const close = all => leave(v, all);
  const form = h('form', { novalidate: true, on: { submit: e => { e.preventDefault(); submit(v); } } },
    h('header', {}, store.views.length > 1 && button('Back', () => close(false), { icon: 'back', bare: true, class: 'plain back' }),
      h('h2', { id: 'modaltitle', tabindex: '-1' }, plainEmoji(title)), store.views.length > 1 && h('span', { class: 'depth' }, `Step ${store.views.length}`),
      button('Close', () => close(store.views.length > 1), { icon: 'close', bare: true, class: 'plain', 'aria-label': 'Close this window' })),
    v.notice && h('p', { class: 'error notice', role: 'alert' }, icon('warn'), v.notice),
    h('div', { class: 'body', tabindex: '-1' }, blocks(v.blocks, at)),
    (v.submit || v.close) && h('div', { class: 'foot' }, button(v.close?.text || (v.submit ? 'Cancel' : 'Close'), () => close(false)),
      v.submit && h('button', { type: 'submit', class: 'primary', 'aria-busy': v.pending ? 'true' : null }, plainEmoji(v.submit.text))));
  clear(box, form);
  box.setAttribute('aria-labelledby', 'modaltitle');
  if (!box.open) { from = document.activeElement; box.showModal(); }
  if (same) box.querySelector('.body').scrollTop = scroll;
  const again = key && box.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) { again.focus(); try { again.setSelectionRange(...caret); } catch { /* not a text field */ } }
  const wrong = box.querySelector('.field.wrong');
  if (wrong && !v.pending) wrong.querySelector('input,textarea,select')?.focus();
  else if (!same) (box.querySelector('[autofocus]') || box.querySelector('.body input:not([type=file]), .body textarea') || box.querySelector('#modaltitle')).focus();
}

async function submit(v) {
  at.settle();
  box.querySelector('[type=submit]')?.setAttribute('aria-busy', 'true');
  try {
    await does({ do: 'submit', view: v.id, values: typed[v.id] });
  } catch (e) { flash(e.message); }
  box.querySelector('[type=submit]')?.removeAttribute('aria-busy');
}

let leaving = '';
async function leave(v, all) {
  if (!v || leaving === v.id) return;
  leaving = v.id;
  at?.settle();
  try { await does({ do: all ? 'close-all' : 'close', view: v.id, values: typed[v.id] }); } catch (e) { flash(e.message); } finally { leaving = ''; }
}

// Escape closes the view on top, not the browser's dialog: the app is told. A
// browser may close the dialog all the same, as by the way back of a phone. What
// a file field cancels is no business of the form.
const back = e => { if (e.target !== box && e.type === 'cancel' || e.defaultPrevented) return; e.preventDefault(); leave(store.views.at(-1), false); };
box.addEventListener('cancel', back);
box.addEventListener('keydown', e => { if (e.key === 'Escape') back(e); });
box.addEventListener('close', () => leave(store.views.at(-1), false));
// Tab stays inside: after the last control comes the first.
for (const dialog of [box, document.getElementById('confirm')]) dialog.addEventListener('keydown', e => {
  if (e.key !== 'Tab') return;
  const all = [...dialog.querySelectorAll('button,input,textarea,select,a[href],[tabindex="0"]')].filter(x => !x.disabled && x.offsetParent && x.tabIndex >= 0);
  const end = e.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== end) return;
  e.preventDefault();
  (e.shiftKey ? all.at(-1) : all[0]).focus();
});
