// A button that has livefix do something, after a question where that cannot be undone.
import { useRef, useState } from 'preact/hooks';
import { act } from '../api';

interface Props {
  label: string;
  path: string;
  allowed: boolean;
  question?: string;
  kind?: 'primary' | 'danger' | 'plain';
  onSaid: (message: string, ok: boolean) => void;
  disabled?: boolean;
}

export function Act({ label, path, allowed, question, kind = 'plain', onSaid, disabled = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const go = () => {
    dialog.current?.close();
    setBusy(true);
    act(path)
      .then(
        (message) => onSaid(message, true),
        (error: Error) => onSaid(error.message, false),
      )
      .finally(() => setBusy(false));
  };
  const press = () => (question ? dialog.current?.showModal() : go());
  return (
    <>
      <button
        class={kind}
        disabled={!allowed || busy || disabled}
        title={allowed ? undefined : 'Your token may only look. livefix token add NAME --scope push makes one that may act.'}
        onClick={press}
      >
        {busy ? `${label} …` : label}
      </button>
      {question && (
        <dialog ref={dialog} aria-label={label}>
          <p>{question}</p>
          <div class="buttons">
            <button class={kind} onClick={go}>
              {label}
            </button>
            <button onClick={() => dialog.current?.close()}>Cancel</button>
          </div>
        </dialog>
      )}
    </>
  );
}
