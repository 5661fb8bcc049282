// The message box: writes, completes commands, people and channels, and shows
// what was refused where it was typed.
import { h, clear, button, menu, flash, newID, pick } from './dom.js';
import { store, here, roomLabel, tell } from './store.js';
import { does } from './surface.js';

const drafts = {};

export function composer() {
  const at = document.getElementById('composer'), r = here();
  at.hidden = store.tab === 'home';
  at.dataset.state = stateOf(r);
  if (r.archived) { clear(at, h('p', { class: 'closed' }, `#${r.name} is archived: nobody can write here.`)); return; }
  if (!r.member) { clear(at,
    h('div', { class: 'closed' }, h('p', {}, `You are looking at #${r.name} from outside.`),
      button('Join channel', () => does({ do: 'join', room: r.id }).catch(e => flash(e.message)), { class: 'primary' }))); return; }
  const key = store.me + r.id;
  clear(at, writer({ id: 'typed', label: `Message ${roomLabel(r)}`, room: r.id, draft: drafts[key] || '', keep: t => { drafts[key] = t; } }));
}
const stateOf = r => [r.id, r.member, r.archived, store.tab].join();
// settle draws the box anew only where the room's state asks for it: what is
// being typed stays.
composer.settle = () => { const r = here(); if (r && document.getElementById('composer').dataset.state !== stateOf(r)) composer(); };

// writer makes one box; threads have one of their own.
export function writer({ id, label, room, thread, draft, keep }) {
  const listID = newID(), errorID = newID();
  const box = h('textarea',
    { id, rows: 1, 'aria-label': label, placeholder: label, role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'aria-controls': listID,
      'aria-describedby': errorID, value: draft || '' });
  const list = h('ul', { class: 'complete', role: 'listbox', id: listID, 'aria-label': 'Suggestions', hidden: true });
  const error = h('p', { class: 'error', id: errorID, role: 'alert', hidden: true });
  let options = [], chosen = 0, busy = 0;

  const grow = () => { box.style.height = 'auto'; box.style.height = Math.min(220, box.scrollHeight + 2) + 'px'; };
  const shut = () => { options = []; list.hidden = true; box.setAttribute('aria-expanded', 'false'); box.removeAttribute('aria-activedescendant'); };
  const point = i => { chosen = i; pick(list, box, i); };
  const take = o => { box.setRangeText(o.put, o.from, box.selectionStart, 'end'); shut(); changed(); box.focus(); };

  function offer() {
    const upto = box.value.slice(0, box.selectionStart);
    const word = /(^|[\s(])([@#])([a-z0-9._-]*)$/i.exec(upto), command = /^(\/\S*)$/.exec(upto), using = /^(\/\S+)\s/.exec(box.value);
    const like = (s, t) => s.toLowerCase().startsWith(t.toLowerCase());
    options = command && !thread ? store.commands.filter(c => like(c.name, command[1])).map(c => ({ put: c.name + ' ', from: 0, label: c.name + (c.usage ? ' ' + c.usage : ''),
      note: c.about }))
      : word?.[2] === '@' ? [{ put: '@' + handleOf() + ' ', name: store.app.name, handle: handleOf(), note: 'app' },
        ...store.people.filter(p => !p.gone).map(p => ({ put: '@' + p.handle + ' ', name: p.full, handle: p.handle, note: p.title })),
        ...Object.values(store.groups).map(g => ({ put: '@' + g + ' ', name: '@' + g, handle: g, note: 'group' }))].filter(o => like(o.handle, word[3]) || like(o.name, word[3])).map(o => ({ ...o, label: `${o.name}`, from: upto.length - word[3].length - 1 }))
        : word?.[2] === '#' ? store.rooms.filter(x => x.name && like(x.name, word[3])).map(x => ({ put: '#' + x.name + ' ', label: '#' + x.name, note: x.topic,
          from: upto.length - word[3].length - 1 })) : [];
    const known = using && store.commands.find(c => c.name === using[1]);
    if (!options.length) { shut(); if (known && !thread) hint(known); return; }
    list.classList.remove('hinting');
    clear(list,
      options.map(o => h('li', { role: 'option', id: newID(), 'aria-selected': 'false', on: { mousedown: e => { e.preventDefault(); take(o); } } }, h('span', {}, o.label),
        o.note && h('small', {}, o.note))));
    list.hidden = false;
    box.setAttribute('aria-expanded', 'true');
    point(0);
  }
  // hint goes on showing how the command is used while its words are typed.
  function hint(c) {
    list.classList.add('hinting');
    clear(list, h('li', { role: 'presentation' }, h('span', {}, `${c.name} ${c.usage || ''}`), c.about && h('small', {}, c.about)));
    list.hidden = false;
  }
  const changed = () => { keep?.(box.value); grow(); error.hidden = true; offer(); };

  async function send() {
    const text = box.value;
    if (!text.trim()) return;
    const command = /^\/\S/.test(text.trim());
    if (command && thread) { say('Commands cannot be used in threads.'); return; }
    const name = text.trim().split(/\s/)[0];
    if (command && store.commands.length && !store.commands.some(c => c.name === name)) { say(`${name} is not a command here. Type / to see those there are.`); return; }
    busy++; // a slow answer keeps nobody from writing on
    error.hidden = true;
    box.setAttribute('aria-busy', 'true');
    box.value = '';
    keep?.('');
    grow();
    shut();
    const sent = performance.now();
    try {
      await does(command ? { do: 'slash', room, text } : { do: 'say', room, text, thread });
      box.dataset.took = Math.round(performance.now() - sent);
      if (!thread) tell('sent');
    } catch (e) {
      if (!box.value) box.value = text;
      keep?.(box.value);
      grow();
      say(e.message);
    } finally {
      if (!--busy) box.removeAttribute('aria-busy');
    }
  }
  const say = words => { error.textContent = words; error.hidden = false; shut(); };

  box.addEventListener('input', changed);
  box.addEventListener('click', offer);
  box.addEventListener('blur', shut);
  box.addEventListener('keydown', e => {
    if (e.isComposing) return;
    const open = options.length > 0;
    if (open && e.key === 'ArrowDown') point((chosen + 1) % options.length);
    else if (open && e.key === 'ArrowUp') point((chosen - 1 + options.length) % options.length);
    else if (open && e.key === 'Tab' && !e.shiftKey) take(options[chosen]);
    else if (open && e.key === 'Enter' && !e.shiftKey && box.value.slice(options[chosen].from, box.selectionStart).toLowerCase() !== options[chosen].put.trim()) take(options[chosen]);
    else if (e.key === 'Escape' && !list.hidden) shut();
    else if (e.key === 'Enter' && !e.shiftKey) send();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  const global = store.shortcuts.filter(s => !s.message);
  const tools = h('div', { class: 'bar' }, h('span', { class: 'quiet' }, h('kbd', {}, 'Enter'), ' sends, ', h('kbd', {}, 'Shift Enter'), ' starts a new line'),
    global.length && !thread && button('Shortcuts',
      e => menu(e.currentTarget, global.map(s => [s.name, () => does({ do: 'shortcut', text: s.id }).catch(err => say(err.message)), store.app.name])),
      { icon: 'bolt', class: 'plain', 'aria-haspopup': 'menu' }),
    button('Send', send, { icon: 'send', bare: true, class: 'primary send' }));
  setTimeout(grow);
  return h('div', { class: 'writer' }, list, error, h('div', { class: 'paper' }, box, tools));
}

const handleOf = () => store.app.name.toLowerCase().replaceAll(' ', '');
