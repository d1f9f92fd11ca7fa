import type { StepReport } from '../engine/training.js';
import type { WorkOptions } from '../util/progress.js';

/** Turns reports of steps into progress a few times a second: `loss 2.31, 34 steps/s, 2 min left`. */
export function progressOfSteps(
  options: WorkOptions & { steps: number },
  from: number,
): (report: StepReport) => void {
  const { onProgress, steps } = options;
  if (!onProgress) return () => {};
  const start = performance.now();
  let last = start;
  return ({ step, loss }) => {
    const now = performance.now();
    const done = step + 1;
    if (now - last < 200 && done < steps && done > from + 1) return;
    last = now;
    const rate = ((done - from) * 1000) / (now - start);
    const detail = `loss ${loss.toFixed(3)}, ${rate.toPrecision(3)} steps/s, ${timeLeft((steps - done) / rate)}`;
    onProgress({ label: 'training', done, total: steps, detail });
  };
}

function timeLeft(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s left`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}
