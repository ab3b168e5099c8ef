import { speech } from '../language.ts';

/** @param version of the service that the page comes from; null before it has answered */
export function Footer({ version }: { readonly version: string | null }) {
  return (
    <footer class="foot">
      {speech.value.say('app.title')}
      {version !== null && ` ${version}`}
    </footer>
  );
}
