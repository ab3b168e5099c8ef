import type { ApiSample } from '@zephyr/contract/api/api-history';

import { seriesOf } from '../../../components/endpoint-colours.ts';

const WIDTH = 120;
const HEIGHT = 28;
const POINTS = 40;

interface SparklineProps {
  readonly endpointId: string;
  readonly samples: readonly ApiSample[];
  /** Over all endpoints, so that their lines are comparable. */
  readonly maxMs: number;
}

/** The latest measurements, oldest left; failures are marks at the top. Decoration: see `title`. */
export function Sparkline({ endpointId, samples, maxMs }: SparklineProps) {
  const recent = samples.slice(-POINTS);
  const step = WIDTH / (POINTS - 1);
  const left = WIDTH - (recent.length - 1) * step;
  const points = recent.map(({ verdict }, index) => {
    const x = left + index * step;
    return verdict.status === 'ok'
      ? { status: 'ok' as const, x, y: HEIGHT - 2 - (verdict.latencyMs / maxMs) * (HEIGHT - 6) }
      : { status: 'failed' as const, x };
  });
  return (
    <svg
      class={`spark series-${seriesOf(endpointId)}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={pathOf(points.flatMap((point) => (point.status === 'ok' ? [point] : [])))} />
      {points.map((point) =>
        point.status === 'failed' ? (
          <line key={point.x} class="failed" x1={point.x} x2={point.x} y1={1} y2={9} />
        ) : null,
      )}
    </svg>
  );
}

function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  return points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
}
