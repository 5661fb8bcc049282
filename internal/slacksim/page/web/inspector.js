// The inspector: what goes over the wire, and trouble to switch on.
import { h, clear, button, ask, flash, icon } from './dom.js';
import { store, on, when } from './store.js';
import { copy } from './messages.js';

const troubles = [['offline', 'Bot offline', 'Its sockets are cut and it cannot come back.'], ['slow', 'Slow', 'Everything takes a second longer, both ways.'],
  ['limit', 'Rate limit', 'Every call is answered with 429.'], ['broken', 'Error 500', 'Every call fails.']];
const filters = { All: () => true, Envelopes: e => ['envelope', 'ack'].includes(e.kind), Calls: e => ['call', 'response_url', 'upload'].includes(e.kind),
  Refusals: e => !!e.error };
const arrows = { envelope: ['→', 'to the app'], ack: ['←', 'acknowledged'], call: ['←', 'called'], response_url: ['←', 'response URL'], upload: ['←', 'upload'],
  verdict: ['!', 'verdict'], socket: ['·', 'socket'], timer: ['·', 'timer'] };

let list = null, entries = [], filter = 'All', reading = false;

export function inspector() {
  entries = [];
  list = h('ol', { class: 'wire', 'aria-label': 'Journal' });
  const bar = h('div', { class: 'pick', role: 'group', 'aria-label': 'Show' });
  const bars = () => clear(bar, Object.keys(filters).map(name => button(name, () => { filter = name; bars(); draw(); }, { 'aria-pressed': name === filter ? 'true' : 'false' })));
  bars();
  const levers = h('fieldset', { class: 'troubles' });
  redraw = () => {
    const all = [...store.levers.map(l => [l.id, l.name, l.note]), ...troubles], inputs = levers.querySelectorAll('input');
    // One that is there stays: it may be pressed just now.
    if (inputs.length === all.length) return inputs.forEach((i, n) => i.checked = !!store.faults[all[n][0]]);
    clear(levers, h('legend', {}, 'Trouble to switch on'), all.map(([id, words, note]) => h('label', {},
      h('input', { type: 'checkbox', checked: store.faults[id], on: { change: e => fault(id, e.target.checked) } }), h('span', {}, words, h('small', { class: 'quiet' }, note)))),
    button('Disconnect once', () => fault('disconnect', true)));
  };
  redraw();
  read();
  return [levers, bar, list];
}
let redraw = () => {};

// One after the other: switched on and off again, it is off.
let turn = Promise.resolve();
const fault = (name, on) => turn = turn.then(() => ask('page/fault?as=' + store.me, { name, on })).catch(e => { flash(e.message); redraw(); });

async function read() {
  if (reading || !list) return;
  reading = true;
  try {
    for (let got; ;) {
      got = await ask('page/journal?after=' + (entries.at(-1)?.seq || 0));
      if (!got?.length) break;
      const end = list.parentElement && list.scrollHeight - list.scrollTop - list.clientHeight < 60;
      entries.push(...got);
      entries = entries.slice(-600);
      for (const e of got.filter(filters[filter])) list.append(row(e));
      while (list.children.length > 600) list.firstChild.remove();
      if (end || entries.length === got.length) list.scrollTop = list.scrollHeight;
    }
  } catch { /* the banner says it */ } finally { reading = false; }
}

function draw() {
  clear(list, entries.filter(filters[filter]).map(row));
  list.scrollTop = list.scrollHeight;
}

// kit is what Block Kit Builder takes: the view, or the blocks of a message.
function kit(e) {
  const open = v => { if (typeof v !== 'string') return v; try { return JSON.parse(v); } catch { return v; } };
  for (const side of [e.response?.payload, e.request, e.response]) {
    const view = open(side?.view);
    if (view?.blocks && e.kind !== 'envelope') return { type: view.type, title: view.title, submit: view.submit || undefined, close: view.close || undefined, blocks: view.blocks };
    const list = open(side?.blocks);
    if (Array.isArray(list)) return { blocks: list };
  }
  return null;
}

function row(e) {
  const [arrow, says] = arrows[e.kind] || ['·', e.kind], took = e.latency_ns ? (e.latency_ns / 1e6).toFixed(e.latency_ns < 1e7 ? 1 : 0) + ' ms' : '';
  const p = e.request?.payload || {};
  const about = p.command ? `${p.command} ${p.text}` : p.event ? p.event.type : p.actions ? `${p.type} ${p.actions.map(a => a.action_id).join(', ')}` : p.type ? `${p.type} ${p.view?.callback_id || p.callback_id || p.action_id || ''}` : '';
  const inner = h('div', { class: 'inner' });
  const d = h('details', { on: { toggle: () => {
    if (!d.open || inner.firstChild) return;
    const block = kit(e), json = JSON.stringify(e, null, 2);
    clear(inner,
      h('div', { class: 'actions' }, button('Copy JSON', () => copy(json), { icon: 'copy' }),
        block && button('Copy as Block Kit', () => copy(JSON.stringify(block, null, 2), 'Copied: paste it into Block Kit Builder'), { icon: 'copy' })),
      h('pre', { tabindex: '0' }, json));
  } } }, h('summary', {}, h('span', { class: 'arrow', title: says }, arrow),
    h('span', { class: 'name' }, `${says} `, h('strong', {}, e.name || ''), about && h('small', {}, ' ' + about)),
    h('span', { class: 'took' }, e.error ? h('em', {}, e.error) : took || (e.status && e.status !== 200 ? e.status : ''))), inner);
  return h('li', { class: e.kind + (e.error ? ' bad' : ''), 'data-seq': e.seq }, d);
}

on('journal', () => { if (list?.isConnected) read(); });
on('faults', () => redraw());
