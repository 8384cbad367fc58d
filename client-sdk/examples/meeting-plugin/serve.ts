/**
 * Serves the meeting plugin's page on http://127.0.0.1:7710/ (`PORT` names another port).
 *
 *     npm start -- --no-sample --allowed-origins http://127.0.0.1:7710
 *     node client-sdk/examples/meeting-plugin/serve.ts
 */
import { createPluginServer } from './plugin-server.ts';

const undertoneUrl = process.env.UNDERTONE_URL ?? 'http://127.0.0.1:7700';
const port = Number(process.env.PORT ?? 7710);
const server = await createPluginServer(undertoneUrl);
server.listen(port, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${port}`;
  console.log(`${origin}/?server=${encodeURIComponent(undertoneUrl)}`);
  console.log(`The server at ${undertoneUrl} must allow this page: --allowed-origins ${origin}`);
});
