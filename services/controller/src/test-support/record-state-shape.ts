/** Records the shape of the leader's state after CHECKPOINT_VERSION was raised. */
import { CHECKPOINT_VERSION } from '../leader/leader-state.ts';
import { currentFields, recordedShape, recordShape, shapeProblem } from './state-shape.ts';

const current = { version: CHECKPOINT_VERSION, fields: currentFields() };
const recorded = recordedShape();
const problem = shapeProblem(recorded, current);
if (problem !== undefined && recorded.version >= current.version) {
  console.error(problem);
  process.exitCode = 1;
} else {
  recordShape(current);
}
