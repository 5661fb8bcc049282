// What this window knows: who looks, at what, and what is there.

export const store = {
  me: '', team: '', people: [], groups: {}, rooms: [], app: {}, commands: [], shortcuts: [], views: [], home: null, tour: [], faults: {},
  ahead: 0, // the workspace's clock minus this machine's
  connected: 0, status: '', lost: false, levers: [], seen: 0, room: '', tab: 'messages', thread: '', fresh: {}, elsewhere: new Set(),
};

const heard = {};
// on hears of something; tell tells it to all who listen, and waits for them.
export const on = (name, f) => (heard[name] ||= []).push(f);
export const tell = (name, ...what) => Promise.all((heard[name] || []).map(f => f(...what)));

export const now = () => Date.now() + store.ahead;
export const person = id => store.people.find(p => p.id === id);
export const me = () => person(store.me) || { name: '', tz: 'UTC', roles: [] };
export const room = id => store.rooms.find(r => r.id === id);
export const here = () => room(store.room);
export const roomLabel = r => !r ? '' : r.kind === 'im' ? store.app.name : '#' + (r.name || 'group');

export function nameOf(id) {
  if (id === store.app.user) return store.app.name;
  if (id === 'USLACKBOT') return 'Slackbot';
  return person(id)?.name || id;
}

export const when = (ms, options) => new Intl.DateTimeFormat('en-US', { timeZone: me().tz, ...options }).format(ms);
export const clockTime = ms => when(ms, { hour: 'numeric', minute: '2-digit' });
export const dayOf = ms => when(ms, { year: 'numeric', month: '2-digit', day: '2-digit' });
export const tsMs = ts => Number(ts) * 1000;

// dayName is a day as one says it: Today, Yesterday, Monday, November 23.
export function dayName(ms, pretty = true) {
  if (pretty) for (const [days, word] of [[0, 'Today'], [-1, 'Yesterday'], [1, 'Tomorrow']]) if (dayOf(now() + days * 864e5) === dayOf(ms)) return word;
  return when(ms, { weekday: 'long', month: 'long', day: 'numeric' });
}

// What somebody has read is remembered by the browser, for each person.
const readKey = () => 'local-slack-read-' + store.me;
export function readMarks() { try { return JSON.parse(localStorage.getItem(readKey())) || {}; } catch { return {}; } }
export function markRead(id) {
  const r = room(id);
  if (!r) return;
  const marks = readMarks();
  marks[id] = r.latest || '';
  try { localStorage.setItem(readKey(), JSON.stringify(marks)); } catch { /* a browser without memory: everything stays as it was */ }
}
export const unread = r => r.member && r.latest && r.id !== store.room && r.latest > (readMarks()[r.id] || '');

// clock parts of a moment in somebody's zone, and back.
export function zoned(unix, tz) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-CA',
    { timeZone: tz, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit',
      minute: '2-digit' }).formatToParts(unix * 1000).map(p => [p.type, p.value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}
export function unzoned(local, tz) {
  const utc = Date.parse(local + ':00Z') / 1000;
  if (Number.isNaN(utc)) return null;
  let guess = utc;
  for (let i = 0; i < 2; i++) guess += utc - Date.parse(zoned(guess, tz) + ':00Z') / 1000; // twice: the first guess may lie across a change of the clock
  return guess;
}
