import type { OperatorCommand } from '@zephyr/contract/operate/operator-command';
import type { EndpointId } from '@zephyr/contract/scalars';
import fc from 'fast-check';

type OfKind = {
  readonly [Kind in OperatorCommand['kind']]: fc.Arbitrary<
    Extract<OperatorCommand, { readonly kind: Kind }>
  >;
};

/** For properties: each command that the core decides on, with bodies that it may refuse. */
export function operatorCommands(id: fc.Arbitrary<EndpointId>): fc.Arbitrary<OperatorCommand> {
  const ofKind: OfKind = {
    pause: fc.constant({ kind: 'pause' }),
    resume: fc.constant({ kind: 'resume' }),
    unpin: fc.constant({ kind: 'unpin' }),
    probe: fc.record({ kind: fc.constant('probe'), endpointId: id }, { requiredKeys: ['kind'] }),
    pin: fc.record(
      { kind: fc.constant('pin'), endpointId: id, force: fc.boolean() },
      { requiredKeys: ['kind'] },
    ),
    enable: fc.record({ kind: fc.constant('enable'), endpointId: id }),
    disable: fc.record({ kind: fc.constant('disable'), endpointId: id, force: fc.boolean() }),
    'move-sessions': fc.record(
      { kind: fc.constant('move-sessions'), fromId: id },
      { requiredKeys: ['kind'] },
    ),
    grant: fc.record({
      kind: fc.constant('grant'),
      name: fc.constantFrom('ann', 'bob'),
      usd: fc.double({ min: 0.01, max: 100, noNaN: true }),
    }),
  };
  return fc.oneof(...Object.values(ofKind));
}
