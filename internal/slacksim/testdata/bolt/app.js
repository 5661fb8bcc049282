// A small Bolt app, written as Slack's own guides write them. It knows of the
// simulator only the address of the Web API.
const { App, LogLevel } = require('@slack/bolt');

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.WARN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

app.command('/deal', async ({ command, ack }) => {
  await ack({
    response_type: 'ephemeral',
    text: `Deal ${command.text}`,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: `*Deal* ${command.text}` } },
      { type: 'actions', elements: [{ type: 'button', action_id: 'edit', text: { type: 'plain_text', text: 'Edit' }, value: command.text }] },
    ],
  });
});

app.action('edit', async ({ ack, body, client }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: 'modal',
      callback_id: 'deal',
      title: { type: 'plain_text', text: 'Edit deal' },
      submit: { type: 'plain_text', text: 'Save' },
      blocks: [{
        type: 'input', block_id: 'amount', label: { type: 'plain_text', text: 'Amount' },
        element: { type: 'plain_text_input', action_id: 'amount' },
      }],
    },
  });
});

app.view('deal', async ({ ack, view, body, client }) => {
  const amount = view.state.values.amount.amount.value;
  if (!/^\d+$/.test(amount)) {
    await ack({ response_action: 'errors', errors: { amount: 'Digits only.' } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `Saved ${amount}` });
});

app.shortcut('find', async ({ ack, shortcut, respond }) => {
  await ack();
  await respond(`Found: ${shortcut.message.text}`);
});

app.event('app_mention', async ({ event, say }) => {
  await say({ text: `Heard <@${event.user}>`, thread_ts: event.ts });
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({
    user_id: event.user,
    view: { type: 'home', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'Bolt at home' } }] },
  });
});

app.start().catch((err) => { console.error(err); process.exit(1); });
