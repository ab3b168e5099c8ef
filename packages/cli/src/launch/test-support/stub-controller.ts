import { runStubService } from './stub-service.ts';

await runStubService('controller');
