{{/* What the pods of all services have in common: (dict "root" $ "name" … "uid" … "port" … "grace" …). */}}

{{- define "zephyr.metadata" -}}
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    app.kubernetes.io/part-of: zephyr
{{- end }}

{{- define "zephyr.rollout" -}}
replicas: {{ (index .root.Values .name).replicas }}
selector:
  matchLabels: { app.kubernetes.io/name: {{ .name }} }
strategy:
  # The new one is ready before an old one ends.
  rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }
{{- end }}

{{- define "zephyr.podMetadata" -}}
metadata:
  labels: { app.kubernetes.io/name: {{ .name }} }
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: {{ .metricsPort | quote }}
{{- end }}

{{- define "zephyr.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .grace }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: { app.kubernetes.io/name: {{ .name }} }
volumes:
  - name: config
    configMap: { name: zephyr-config }
  - name: secrets
    # 288 is 0440: an octal number means something else in newer YAML.
    secret: { secretName: {{ index .root.Values.secrets .name }}, defaultMode: 288 }
  - name: scratch
    emptyDir: { medium: Memory, sizeLimit: {{ .scratch }} }
{{- end }}

{{- define "zephyr.unprivileged" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .uid }}
  runAsGroup: {{ .uid }}
  fsGroup: {{ .uid }}
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "zephyr.container" -}}
name: {{ .name }}
image: {{ .root.Values.image.registry }}zephyr-{{ .name }}:{{ .root.Values.image.tag }}
{{- with .root.Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
startupProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /livez, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 1
resources:
  {{- (index .root.Values .name).resources | toYaml | nindent 2 }}
volumeMounts:
  - { name: config, mountPath: /config, readOnly: true }
  - { name: secrets, mountPath: /run/secrets/zephyr, readOnly: true }
  - { name: scratch, mountPath: /tmp }
{{- end }}

{{- define "zephyr.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "zephyr.metadata" . }}
spec:
  minAvailable: 1
  selector:
    matchLabels: { app.kubernetes.io/name: {{ .name }} }
{{- end }}

{{- define "zephyr.service" -}}
apiVersion: v1
kind: Service
{{ include "zephyr.metadata" . }}
spec:
  selector: { app.kubernetes.io/name: {{ .name }} }
  ports:
    - { name: http, port: {{ .port }}, targetPort: http }
{{- end }}
