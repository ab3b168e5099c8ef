/** `npm run build && npm run dev [scene]`: both pages on port 8089 (or `PORT`), without services. */
import { startMockServer } from './mock-server.ts';
import { SCENES, type SceneName } from './scenes.ts';

const wanted = process.argv[2] ?? 'steady';
const scene = (Object.keys(SCENES) as SceneName[]).find((name) => name === wanted);
if (scene === undefined) throw new Error(`scenes: ${Object.keys(SCENES).join(', ')}`);
const server = await startMockServer(Number(process.env['PORT'] ?? 8089));
server.show(scene);
console.log(`${server.url} and ${server.url}/status show ${scene}`);
