// Prints what the TypeScript SDK receives, as JSON. ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY set the source.
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ maxRetries: 0 });
const model = 'claude-haiku-4-5';
const ask = (text) => ({ model, max_tokens: 64, messages: [{ role: 'user', content: text }] });
const tools = [{ name: 'add', description: 'adds', input_schema: { type: 'object' } }];

const whole = await client.messages.create(ask('hello'));
const stream = client.messages.stream(ask('a stream'));
const deltas = [];
stream.on('text', (text) => deltas.push(text));
const tool = await client.messages.create({ ...ask('use a tool'), tools });
const models = [];
for await (const { id } of client.models.list()) models.push(id);
const error = await client.messages.create(ask('fail')).catch((caught) => caught);
console.log(
  JSON.stringify({
    whole,
    streamed: await stream.finalMessage(),
    deltas,
    tool: tool.content,
    tokens: await client.messages.countTokens({ model, messages: ask('count').messages }),
    models,
    error: [error.constructor.name, error.status, error.error],
  }),
);
