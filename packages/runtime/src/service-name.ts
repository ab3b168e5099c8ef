export const SERVICE_NAMES = ['proxy', 'prober', 'controller'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
