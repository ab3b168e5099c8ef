const SERVICE_NAMES = ['proxy', 'prober', 'controller'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export function isServiceName(text: string): text is ServiceName {
  return SERVICE_NAMES.some((name) => name === text);
}
