import { NowPlaceholder } from '../../components/now.tsx';
import { state } from '../../state/store.ts';
import { Requests } from './active-requests.tsx';
import { Cost } from './cost.tsx';
import { Endpoints } from './endpoints/endpoints.tsx';
import { EventLog } from './event-log.tsx';
import { LatencyChart } from './latency-chart.tsx';
import { NowPanel } from './now-panel.tsx';
import { Sessions } from './sessions.tsx';

export function Overview() {
  const current = state.value;
  if (current === null) return <NowPlaceholder teller="controller" />;
  return (
    <div class="grid">
      <NowPanel current={current} />
      <Endpoints current={current} />
      <LatencyChart current={current} />
      <Requests current={current} />
      <Sessions current={current} />
      <EventLog current={current} />
      <Cost current={current} />
    </div>
  );
}
