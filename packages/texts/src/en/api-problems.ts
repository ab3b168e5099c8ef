/** Refusals of the admin API. */
export const apiProblems = {
  'problem.invalid_body': 'The request body is not valid.',
  'problem.invalid_query': 'The query is not valid.',
  'problem.unauthorized': 'A token is required.',
  'problem.forbidden_origin': 'Requests from this page or host name are not allowed.',
  'problem.not_found': 'There is nothing at this address.',
  'problem.method_not_allowed': 'This address does not support this method.',
  'problem.unknown_endpoint': 'There is no such endpoint.',
  'problem.unknown_person': 'There is no such person or team.',
  'problem.endpoint_disabled': 'The endpoint is disabled.',
  'problem.endpoint_unavailable': 'The endpoint is currently not available.',
  'problem.last_endpoint': 'This is the last enabled endpoint.',
  'problem.edit_refused': 'config.toml was not changed.',
  'problem.body_too_large': 'The request is too large.',
  'problem.wrong_content_type': 'The request must be sent as JSON.',
  'problem.config_invalid': 'config.toml has errors; the previous configuration stays in use.',
  'problem.internal': 'Internal error in the controller; see its log.',
  'problem.not_leading': 'The state of the leading controller is not known.',
  'problem.store_away':
    'Redis is unreachable; until it is back, nothing can be changed, and usage and history cannot be read.',
  'problem.too_many_streams': 'Too many event streams are open.',
  'problem.timeout': 'Not confirmed in time; the change may still be applied.',
} as const;
