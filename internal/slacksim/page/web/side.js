// The side bar: who one is, and where one can go.
import { h, clear, icon } from './dom.js';
import { store, me, unread, tell, now } from './store.js';
import { avatar } from './messages.js';

const roleNames = { sdr: 'SDR', ae: 'AE', manager: 'Manager', owner: 'Playbook owner', new: 'New here' };
const roles = p => [...p.roles || [], ...(p.guest ? ['Guest'] : [])].map(r => h('span', { class: 'tag' }, roleNames[r] || r));
const localTime = p => new Intl.DateTimeFormat('en-US', { timeZone: p.tz, hour: 'numeric', minute: '2-digit', weekday: 'short' }).format(now());
const place = p => p.tz.split('/').pop().replaceAll('_', ' ');
const href = (who, where) => '?' + new URLSearchParams({ as: who.handle, ...(where && { in: where }) });
const dot = words => h('span', { class: 'dot', role: 'img', 'aria-label': words });
let opened = false;

export function side() {
  const nav = document.getElementById('side'), p = me();
  const kept = document.activeElement?.closest('#side') && document.activeElement.dataset.key;
  const go = f => e => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); f(); };
  const entry = r => {
    const on = r.id === store.room, app = r.kind === 'im', news = unread(r);
    return h('li', {},
      h('a',
        { href: href(p, app ? 'app' : r.name || r.id), class: (on ? 'here ' : '') + (news ? 'new' : ''), 'data-key': r.id, 'data-room': r.id, 'aria-current': on ? 'page' : null,
          on: { click: go(() => tell('go', r.id)) } },
        
      app ? avatar(store.app.user, true) : icon(r.kind === 'group' ? 'lock' : 'hash'), h('span', {}, app ? store.app.name : r.name || 'Group message'), news && dot('new messages'), r.archived ? h('small', {}, 'archived') : !r.member && h('small', {}, 'not joined')));
  };
  const part = (title, rooms) => rooms.length > 0 && h('section', {}, h('h2', {}, title), h('ul', {}, rooms.map(entry)));
  const face = x => h('li', {},
    h('button',
      { type: 'button', class: 'person' + (x.id === p.id ? ' on' : ''), 'data-key': 'p' + x.id, 'aria-pressed': x.id === p.id ? 'true' : 'false',
        on: { click: () => { opened = false; tell('become', x.id); } } },
      
      avatar(x.id), h('span', { class: 'who' }, h('strong', {}, x.full, store.elsewhere.has(x.id) && dot('has news')), h('small', {}, x.title),
        h('small', { class: 'tags' }, roles(x), h('span', {}, `${localTime(x)} in ${place(x)}`)))),
    h('a', { href: href(x), target: '_blank', title: `Open a window as ${x.name}`, 'aria-label': `Open a window as ${x.name}` }, icon('window')));
  const team = h('details', { class: 'people', open: opened, on: { toggle: () => { opened = team.open; } } },
    h('summary', { 'data-key': 'people', 'aria-label': `You are ${p.full}, ${p.title}. Switch to somebody else` }, avatar(p.id),
      h('span', { class: 'who' }, h('strong', {}, p.full), h('small', {}, `${localTime(p)} in ${place(p)}`)), store.elsewhere.size > 0 && dot('somebody else has news'),
      icon('down')),
    h('ul', { 'aria-label': 'The team' }, store.people.filter(x => !x.gone).map(face)));
  clear(nav,
    h('div', { class: 'brand' }, h('strong', {}, store.team), h('span', {}, 'on this machine')),
    team,
    part('Channels', store.rooms.filter(r => r.kind === 'channel' || r.kind === 'group')),
    part('Direct messages', store.rooms.filter(r => r.kind === 'mpim')),
    part('Apps', store.rooms.filter(r => r.kind === 'im')),
    h('p', { class: 'foot' }, 'A local Slack. Nothing leaves this machine, and nobody in it exists.'));
  if (kept) nav.querySelector(`[data-key="${CSS.escape(kept)}"]`)?.focus();
  const news = store.rooms.filter(unread).length;
  document.title = (news ? `(${news}) ` : '') + `${p.name} · ${store.team}`;
}
