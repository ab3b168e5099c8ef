/** `POST /api/login`: exchanges the admin token for a session cookie. */
import { z } from 'zod';

export const loginSchema = z.strictObject({ token: z.string().min(1).max(500) });
