import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api';
import { bytes, clock, milliseconds } from '../format';
import type { RecordedMessage, RecordedRequest } from '../types';
import { Empty, Section } from '../ui/section';

function Message({ title, message }: { title: string; message: RecordedMessage }) {
  const { body } = message;
  return (
    <>
      <h3>{title}</h3>
      <pre class="lines" tabIndex={0}>
        <strong>{message.first_line}</strong>
        {message.fields.map(([name, value]) => `\n${name}: ${value}`).join('')}
        {body.text !== undefined ? `\n\n${body.text}` : ''}
      </pre>
      <p class="muted small">
        {body.bytes === 0 ? 'No body.' : `Body of ${bytes(body.bytes)}${body.binary ? ', which is no text' : ''}${body.cut ? `; ${bytes(body.size)} of it are kept` : ''}.`}
      </p>
    </>
  );
}

export function RequestDetail({ id }: { id: number }) {
  const [request, setRequest] = useState<RecordedRequest | null>(null);
  const [curl, setCurl] = useState('');
  const [said, setSaid] = useState('');
  useEffect(() => {
    ask<RecordedRequest>(`/v1/request?id=${id}`).then(setRequest, (error: Error) => setSaid(error.message));
    ask<{ curl: string }>(`/v1/request?id=${id}&as=curl`).then(
      (found) => setCurl(found.curl),
      () => setCurl(''),
    );
  }, [id]);
  const back = <a href="#/">← Overview</a>;
  if (!request) {
    return (
      <Section id="detail" title={`Request ${id}`} aside={back}>
        <Empty>{said || 'Asking livefix …'}</Empty>
      </Section>
    );
  }
  return (
    <Section id="detail" title={`Request ${id}`} aside={back}>
      <p class="lead">
        <strong class="mono">
          {request.method} {request.target}
        </strong>{' '}
        <span class="muted">
          {clock(request.time)} · {request.release} · {milliseconds(request.took_ms)}
        </span>
      </p>
      {request.detail && <p class="said bad">✕ {request.detail}</p>}
      <Message title="Request" message={request.request} />
      {request.answer ? <Message title="Answer" message={request.answer} /> : <Empty>The program gave no answer.</Empty>}
      {curl && (
        <>
          <h3>Ask it again</h3>
          <pre class="lines" tabIndex={0}>
            {curl}
          </pre>
          <p class="muted small">livefix replay {id} sends it with its secrets, on the server.</p>
        </>
      )}
    </Section>
  );
}
