// The side bar: who one is, and where one can go.
import { h, clear, icon, button, menu } from './dom.js';
import { store, me, unread, tell, when, now } from './store.js';
import { avatar } from './messages.js';

const roleNames = { sdr: 'SDR', ae: 'AE', manager: 'Manager', owner: 'Playbook owner', new: 'New here' };
const roles = p => [...p.roles || [], ...(p.guest ? ['Guest'] : [])].map(r => h('span', { class: 'tag' }, roleNames[r] || r));
const localTime = p => new Intl.DateTimeFormat('en-US', { timeZone: p.tz, hour: 'numeric', minute: '2-digit', weekday: 'short' }).format(now());

export function side() {
  const nav = document.getElementById('side'), p = me();
  const kept = document.activeElement?.dataset?.room;
  const entry = r => h('li', {}, h('a', { href: '#', class: (r.id === store.room ? 'here ' : '') + (unread(r) ? 'new ' : '') + (r.member ? '' : 'out'), 'data-room': r.id, 'aria-current': r.id === store.room ? 'page' : null, on: { click: e => { e.preventDefault(); tell('go', r.id); } } },
    r.kind === 'im' ? avatar(store.app.user, true) : icon(r.kind === 'group' ? 'lock' : 'hash'), h('span', {}, r.kind === 'im' ? store.app.name : r.name || 'Group message'), unread(r) && h('span', { class: 'dot', role: 'img', 'aria-label': 'new messages' }), !r.member && h('small', {}, r.archived ? 'archived' : 'not joined'), r.member && r.archived && h('small', {}, 'archived')));
  const part = (title, rooms) => rooms.length > 0 && h('section', {}, h('h2', {}, title), h('ul', {}, rooms.map(entry)));
  const team = store.people.filter(x => !x.gone);
  clear(nav,
    h('div', { class: 'brand' }, h('strong', {}, 'Local Slack'), h('span', {}, store.team)),
    h('details', { class: 'people', open: nav.querySelector('.people')?.open && store.me === nav.dataset.me }, h('summary', { 'aria-label': `You are ${p.full}. Switch to somebody else` }, avatar(p.id), h('span', { class: 'who' }, h('strong', {}, p.full), h('small', {}, p.title)), store.elsewhere.size > 0 && h('span', { class: 'dot', role: 'img', 'aria-label': 'somebody else has news' }), icon('down')),
      h('ul', { 'aria-label': 'The team' }, team.map(x => h('li', {}, h('button', { type: 'button', class: 'person' + (x.id === p.id ? ' on' : ''), 'aria-pressed': x.id === p.id ? 'true' : 'false', on: { click: () => tell('become', x.id) } }, avatar(x.id), h('span', { class: 'who' }, h('strong', {}, x.full, store.elsewhere.has(x.id) && h('span', { class: 'dot', role: 'img', 'aria-label': 'has news' })), h('small', {}, x.title), h('small', { class: 'tags' }, roles(x), h('span', {}, localTime(x) + ' · ' + x.tz.split('/').pop().replaceAll('_', ' '))))),
        h('a', { href: '#' + x.handle, target: '_blank', class: 'plain', title: `Open a window as ${x.name}`, 'aria-label': `Open a window as ${x.name}` }, icon('window')))))),
    part('Channels', store.rooms.filter(r => r.kind === 'channel' || r.kind === 'group')),
    part('Direct messages', store.rooms.filter(r => r.kind === 'mpim')),
    part('Apps', store.rooms.filter(r => r.kind === 'im')),
    h('p', { class: 'foot' }, 'Everything here runs on this machine. Nobody in it exists.'));
  nav.dataset.me = store.me;
  if (kept) nav.querySelector(`[data-room="${kept}"]`)?.focus();
}
