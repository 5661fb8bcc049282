// Everything in Block Kit that a person can use.
import { h, icon, button, menu, newID, place, clear, pick } from './dom.js';
import { store, me, zoned, unzoned, roomLabel } from './store.js';
import { words, plainEmoji } from './text.js';
import { unknown } from './blocks.js';

const selects = /^(multi_)?(static|external|users|channels|conversations)_select$/;
const label = t => t?.text || '';

// field draws an input block: label, element, hint, error.
export function field(b, at) {
  const id = newID(), wrong = at.errors[b.block_id], notes = [b.hint && id + 'h', wrong && id + 'e'].filter(Boolean).join(' ');
  const many = ['checkboxes', 'radio_buttons', 'file_input'].includes(b.element?.type);
  const name = [plainEmoji(label(b.label)), b.optional && h('span', { class: 'quiet' }, ' (optional)')];
  const made = element(b, b.element || {}, at, { id, describedby: notes || null, wrong, required: !b.optional });
  return h(many ? 'fieldset' : 'div', { class: 'block field' + (wrong ? ' wrong' : ''), 'aria-describedby': many ? notes || null : null },
    many ? h('legend', {}, name) : h('label', { for: id }, name), made,
    b.hint && h('p', { class: 'hint', id: id + 'h' }, words(b.hint)), wrong && h('p', { class: 'error', id: id + 'e', role: 'alert' }, icon('warn'), wrong));
}

// element draws one element. In an input block ctl carries the id for its label.
export function element(b, e, at, ctl = {}) {
  const inputs = b.type === 'input', silent = inputs && !b.dispatch_action;
  const changed = (value, used) => { at.note(b, e, value); if (!silent) at.act(b, e, value, used); };
  const named = inputs ? {} : { 'aria-label': e.accessibility_label || label(e.placeholder) || label(b.text)?.replace(/[*_~`]/g, '') || e.type.replaceAll('_', ' ') };
  const attributes = { id: ctl.id, 'aria-describedby': ctl.describedby, 'aria-invalid': ctl.wrong ? 'true' : null, 'aria-required': inputs && ctl.required ? 'true' : null,
    autofocus: e.focus_on_load, 'data-key': b.block_id + '/' + e.action_id, ...named };
  const v = at.value(b, e);
  // A date is complete at each digit of its year; the app hears of it when the
  // typing pauses or ends.
  const timed = (props, read) => {
    let soon = 0, told = props.value;
    const tell = box => { clearTimeout(soon); if (box.value === told) return; told = box.value; changed(told ? read(told) : null, box); };
    return h('input',
      { ...props,
        on: { change: ev => { at.note(b, e, ev.target.value ? read(ev.target.value) : null); clearTimeout(soon); soon = setTimeout(tell, 700, ev.target); },
          blur: ev => tell(ev.target) } });
  };
  if (selects.test(e.type)) return select(b, e, at, attributes, v, changed);
  switch (e.type) {
    case 'button': case 'workflow_button': case 'icon_button': return clickable(b, e, at);
    case 'feedback_buttons': return h('span', { class: 'pair' },
      [e.positive_button, e.negative_button].filter(Boolean).map(half => button(label(half.text), ev => at.act(b, e, half.value, ev.currentTarget))));
    case 'overflow': return h('button',
      { type: 'button', class: 'more', 'aria-label': 'More options', 'aria-haspopup': 'menu', 'data-key': attributes['data-key'],
        on: { click: ev => { const used = ev.currentTarget; menu(used,
          e.options.map(o => [label(o.text), () => { if (o.url) open(o.url, '_blank', 'noopener'); at.act(b, e, o.value, used); }, label(o.description)]), 'More options'); } } },
      icon('more'));
    case 'image': return h('img', { src: e.image_url, alt: e.alt_text || '' });
    case 'datepicker': return timed({ type: 'date', ...attributes, value: v.typed ?? v.selected_date ?? '' }, x => x);
    case 'timepicker': return timed({ type: 'time', ...attributes, value: v.typed ?? v.selected_time ?? '' }, x => x);
    case 'datetimepicker': {
      const unix = v.typed ?? v.selected_date_time;
      return h('span', { class: 'moment' }, timed({ type: 'datetime-local', ...attributes, value: unix ? zoned(Number(unix), me().tz) : '' }, x => unzoned(x, me().tz)),
        h('span', { class: 'zone' }, me().tz.split('/').pop().replaceAll('_', ' ') + ' time'));
    }
    case 'checkboxes': return choices(b, e, 'checkbox', v.typed ?? (v.selected_options || []).map(o => o.value), changed, ctl);
    case 'radio_buttons': return choices(b, e, 'radio', [v.typed ?? v.selected_option?.value], changed, ctl);
    case 'file_input': return fileField(e, attributes, v, value => at.note(b, e, value));
    case 'plain_text_input': case 'rich_text_input': case 'email_text_input': case 'url_text_input': case 'number_input': return typedField(b, e, at, attributes, v, silent);
  }
  return unknown(e);
}

function clickable(b, e, at) {
  const says = label(e.text) || e.accessibility_label || e.icon || 'Button';
  const click = ev => { if (e.url) open(e.url, '_blank', 'noopener'); at.act(b, e, null, ev.currentTarget); };
  return h('button', { type: 'button', class: e.style || null, 'aria-label': e.accessibility_label, 'data-key': b.block_id + '/' + e.action_id, on: { click } },
    h('span', {}, plainEmoji(says)), e.url && icon('window'));
}

function typedField(b, e, at, attributes, v, silent) {
  const kinds = { email_text_input: 'email', url_text_input: 'url', number_input: 'text' };
  const long = e.multiline || e.type === 'rich_text_input';
  const start = v.typed ?? (e.type === 'rich_text_input' ? plainOf(v.rich_text_value) : v.value) ?? '';
  const often = e.dispatch_action_config?.trigger_actions_on || ['on_enter_pressed'];
  const box = h(long ? 'textarea' : 'input',
    { ...attributes, ...(long ? { rows: 4 } : { type: kinds[e.type] || 'text', inputmode: e.type === 'number_input' ? 'decimal' : null }),
      placeholder: label(e.placeholder) || null, autocomplete: 'off', value: start });
  const count = e.max_length && h('span', { class: 'count' });
  const tally = () => {
    if (!count) return;
    const left = e.max_length - [...box.value].length, near = left < Math.max(20, e.max_length / 5);
    count.textContent = left < 0 ? `${-left} too many` : near ? `${left} left` : '';
    count.classList.toggle('over', left < 0);
  };
  let soon = 0;
  box.addEventListener('input', () => {
    at.note(b, e, box.value);
    tally();
    clearTimeout(soon);
    if (!silent && often.includes('on_character_entered')) soon = setTimeout(() => at.act(b, e, box.value, box), 400);
  });
  box.addEventListener('keydown', ev => {
    if (ev.key !== 'Enter' || silent || !often.includes('on_enter_pressed') || (long && ev.shiftKey)) return;
    ev.preventDefault();
    ev.stopPropagation();
    at.act(b, e, box.value, box);
  });
  tally();
  return h('div', { class: 'typed' }, box, count);
}

const plainOf = block => (block?.elements || []).map(function walk(e) { return e.text ?? e.url ?? (e.elements || []).map(walk).join(''); }).join('\n');

function choices(b, e, type, picked, changed, ctl) {
  const name = newID();
  const read = box => { const on = [...box.querySelectorAll('input:checked')].map(i => i.value); return type === 'radio' ? on[0] ?? null : on; };
  const box = h('div', { class: 'choices', role: type === 'radio' ? 'radiogroup' : 'group', 'aria-label': ctl.id ? null : label(b.text) || 'Options' },
    (e.options || []).map((o, i) => h('label', {},
    h('input',
      { type, name, value: o.value, checked: picked.includes(o.value), 'data-key': `${b.block_id}/${e.action_id}/${i}`, on: { change: ev => changed(read(box), ev.target) } }),
    h('span', {}, words(o.text), o.description && h('small', { class: 'quiet' }, words(o.description))))));
  return box;
}

function fileField(e, attributes, v, note) {
  let kept = v.typed ?? (v.files || []).map(f => ({ id: f.id, name: f.name }));
  const list = h('ul', { class: 'files' });
  const show = () => clear(list,
    kept.map((f, i) => h('li', {}, icon('file'), f.name,
      button('Remove ' + f.name, () => { kept = kept.filter((_, n) => n !== i); note(kept); show(); }, { icon: 'close', bare: true, class: 'plain' }))));
  const pick = h('input',
    { type: 'file', ...attributes, 'aria-label': 'Add a file', multiple: (e.max_files || 10) > 1, accept: (e.filetypes || []).map(t => '.' + t).join(',') || null,
      on: { change: async ev => {
    for (const f of [...ev.target.files].slice(0, (e.max_files || 10) - kept.length)) kept = [...kept, { name: f.name, data: await base64(f) }];
    ev.target.value = '';
    note(kept);
    show();
  } } });
  show();
  return h('div', {}, list, pick);
}

const base64 = f => new Promise((done, failed) => { const r = new FileReader(); r.onload = () => done(r.result.slice(r.result.indexOf(',') + 1)); r.onerror = failed; r.readAsDataURL(f); });

// select is every kind of select: a box that one types into, a list under it,
// and chips for what is picked where several may be.
function select(b, e, at, attributes, v, changed) {
  const many = e.type.startsWith('multi_'), kind = e.type.replace(/^multi_|_select$/g, '');
  const option = (o, group) => ({ id: o.value, label: label(o.text), note: label(o.description), group, raw: o });
  const grouped = o => [...(o?.options || []).map(x => option(x)), ...(o?.option_groups || []).flatMap(g => (g.options || []).map(x => option(x, label(g.label))))];
  const people = () => store.people.filter(p => !p.gone).map(p => ({ id: p.id, label: p.full, note: p.title })).concat(kind === 'users' ? [{ id: store.app.user, label: store.app.name, note: 'app' }] : []);
  const rooms = of => store.rooms.filter(r => of.includes(r.kind) && !r.archived).map(r => ({ id: r.id, label: roomLabel(r), note: r.topic }));
  const wants = e.filter?.include || ['public', 'private', 'im', 'mpim'];
  const all = kind === 'static' ? grouped(e) : kind === 'users' ? people() : kind === 'channels' ? rooms(['channel']) : kind === 'conversations' ? [...rooms([wants.includes('public') && 'channel', wants.includes('private') && 'group', wants.includes('mpim') && 'mpim'].filter(Boolean)),
    
    ...(wants.includes('im') ? people() : [])] : [];
  const byID = id => all.find(o => o.id === id) || { id, label: id };
  const was = many ? v.selected_options || v.selected_users || v.selected_channels || v.selected_conversations || [] : [v.selected_option || v.selected_user || v.selected_channel || v.selected_conversation].filter(Boolean);
  const item = x => typeof x === 'string' ? byID(x) : option(x);
  let picked = (v.typed !== undefined ? [v.typed].flat().filter(x => x !== null) : was).map(item);
  const out = () => { const one = o => kind === 'external' ? o.raw : o.id; return many ? picked.map(one) : picked[0] ? one(picked[0]) : null; };

  const listID = newID();
  const box = h('input',
    { ...attributes, type: 'text', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': listID, 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false' });
  const chips = h('span', { class: 'chips' });
  const list = h('ul', { class: 'options', role: 'listbox', id: listID, 'aria-label': attributes['aria-label'] || 'Options', popover: 'manual' });
  const wrap = h('div', { class: 'select' + (many ? ' many' : '') }, chips, box, icon('down'), list);
  let shown = [], chosen = -1, asked = 0, open = false;

  const display = () => {
    box.placeholder = many && picked.length ? '' : label(e.placeholder) || (kind === 'external' ? 'Type to search' : 'Select');
    box.value = many ? '' : picked[0]?.label || '';
    clear(chips,
      many && picked.map(o => h('span', { class: 'chip' }, o.label,
        button('Remove ' + o.label, () => { picked = picked.filter(x => x.id !== o.id); display(); changed(out(), box); },
          { icon: 'close', bare: true, class: 'plain', on: { mousedown: ev => ev.preventDefault() } }))));
  };
  const shut = () => { open = false; if (list.isConnected) list.hidePopover(); box.setAttribute('aria-expanded', 'false'); box.removeAttribute('aria-activedescendant'); chosen = -1; };
  const choose = o => {
    if (!o) return;
    const there = picked.some(x => x.id === o.id);
    if (many && !there && e.max_selected_items && picked.length >= e.max_selected_items) return;
    picked = many ? (there ? picked.filter(x => x.id !== o.id) : [...picked, o]) : [o];
    display();
    shut();
    changed(out(), box);
  };
  const point = i => {
    chosen = i;
    pick(list, box, i);
  };
  const show = (options, note) => {
    shown = options;
    let group;
    clear(list, options.flatMap(o => [o.group && o.group !== group && h('li', { class: 'group', role: 'presentation' }, group = o.group),
      h('li', { role: 'option', id: newID(), 'aria-selected': picked.some(x => x.id === o.id) ? 'true' : 'false', on: { mousedown: ev => { ev.preventDefault(); choose(o); } } },
        h('span', {}, o.label), o.note && h('small', {}, o.note))]), !options.length && h('li', { class: 'quiet', role: 'presentation' }, note || 'Nothing fits'));
    open = true;
    if (list.isConnected) list.showPopover();
    box.setAttribute('aria-expanded', 'true');
    list.style.width = wrap.getBoundingClientRect().width + 'px';
    place(list, wrap);
    point(options.length && box.value ? 0 : -1);
  };
  const search = async text => {
    if (kind !== 'external') { const t = text.toLowerCase(); show(all.filter(o => !t || (o.label + ' ' + (o.note || '')).toLowerCase().includes(t))); return; }
    const least = e.min_query_length ?? 3, turn = ++asked;
    if ([...text].length < least) { show([], `Type ${least} letters or more`); return; }
    await new Promise(r => setTimeout(r, 180));
    if (turn !== asked) return;
    try { const got = grouped(await at.suggest(b, e, text)); if (turn === asked && document.activeElement === box) show(got); } catch (error) { if (turn === asked) show([], error.message); }
  };
  box.addEventListener('focus', () => { if (!many) box.select(); });
  box.addEventListener('click', () => { if (!open) search(many ? box.value : kind === 'external' && !picked.length ? box.value : ''); });
  box.addEventListener('input', () => search(box.value));
  box.addEventListener('blur', () => { shut(); if (!many && !box.value && picked.length) { picked = []; changed(null, box); } box.value = many ? '' : picked[0]?.label || ''; });
  box.addEventListener('keydown', ev => {
    const isOpen = open;
    if (ev.key === 'ArrowDown') isOpen ? point(Math.min(chosen + 1, shown.length - 1)) : search('');
    else if (ev.key === 'ArrowUp') point(Math.max(chosen - 1, 0));
    else if (ev.key === 'Enter') { if (!isOpen) { search(''); } else choose(shown[chosen]); }
    else if (ev.key === 'Escape' && isOpen) { shut(); display(); }
    else if (ev.key === 'Backspace' && many && !box.value && picked.length) { picked = picked.slice(0, -1); display(); changed(out(), box); }
    else return;
    ev.preventDefault();
    ev.stopPropagation();
  });
  display();
  return wrap;
}
