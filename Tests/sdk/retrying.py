"""Writes with one installed mistralai that retries, over a network that loses answers, as a patient program does.

Usage: retrying.py BASE_URL KEY APPENDS WORKERS NAME [--keys] [--seconds N] [--timeout MS] [--until FILE]. Each worker
starts a conversation, appends to it (each third with a stream), branches off it, and makes and deletes another one. Where
the SDK gives up on a broken connection, or a stream ends without `conversation.response.done`, the worker calls again with
the same arguments. With `--until` it goes on until the file exists. `--keys` sends an Idempotency-Key, the same with each
repetition. Prints what came of it as JSON: the texts that were answered, those that were queued (valid answers without
outputs), those that were refused with 503 in the end, what is wrong, and how often a call was repeated.
"""

import argparse
import inspect
import itertools
import json
import os
import threading
import time
import uuid

try:
    from mistralai import Mistral
    from mistralai.utils import BackoffStrategy, RetryConfig
except ImportError:
    from mistralai.client import Mistral
    from mistralai.client.utils import BackoffStrategy, RetryConfig

MODEL = "mistral-small-latest"


class Worker(threading.Thread):
    def __init__(self, number, options):
        super().__init__()
        self.number, self.options = number, options
        self.answered, self.queued, self.refused, self.wrong, self.deleted, self.repeated = [], [], [], [], [], 0
        self.share = options.appends // options.workers
        self.deadline = time.monotonic() + options.seconds
        # Where the SDK lets us: the wait after a failure is short, as this network is.
        calm = {"jitter_ms": 50} if "jitter_ms" in inspect.signature(BackoffStrategy).parameters else {}
        retries = RetryConfig("backoff", BackoffStrategy(20, 500, 1.5, options.seconds * 1000, **calm), True)
        client = Mistral(api_key=options.key, server_url=options.url, retry_config=retries, timeout_ms=options.timeout)
        self.client, self.conversations = client, client.beta.conversations

    def run(self):
        begun = self.written("start", f"{self.options.name} start {self.number}", model=MODEL)
        if begun is None:
            return
        last = begun[1]
        for number in itertools.count():
            if os.path.exists(self.options.until) if self.options.until else number == self.share:
                break
            name, text = "append", f"{self.options.name} append {number} by {self.number}"
            if number % 3 == 2:
                name, text = "append_stream", text + " and a few more words, so that the stream has more than one event"
            done = self.written(name, text, conversation_id=begun[0])
            last = done[1] if done and done[1] else last
        if last:
            self.written("restart", f"{self.options.name} branch of {self.number}", conversation_id=begun[0],
                         from_entry_id=last)
        scratch = self.written("start", f"{self.options.name} scratch {self.number}", model=MODEL)
        if scratch:
            (self.queued if scratch[2] is None else self.answered).pop()
            self.deleted.append(scratch[0])
            self.patiently(
                lambda headers: self.conversations.delete(conversation_id=scratch[0], http_headers=headers), "the deletion")

    def written(self, name, text, **arguments):
        """The conversation's id and the answer's, or `None` where there is no answer in the end."""
        call = getattr(self.conversations, name)

        def once(headers):
            if name.endswith("_stream"):
                return streamed(call(inputs=text, http_headers=headers, **arguments))
            answer = call(inputs=text, http_headers=headers, **arguments)
            if not answer.outputs:
                return answer.conversation_id, None, None  # queued: it is sent when the server is back
            return answer.conversation_id, answer.outputs[-1].id, answer.outputs[-1].content

        done = self.patiently(once, text)
        if done is None:
            return None
        (self.queued if done[2] is None else self.answered).append(text)
        if done[2] not in (None, f"echo: {text}"):
            self.wrong.append(f"{text!r} was answered with {done[2]!r}")
        return done

    def patiently(self, once, text):
        headers = {"Idempotency-Key": str(uuid.uuid4())} if self.options.keys else None
        while True:
            try:
                return once(headers) or True
            except Exception as error:
                status = getattr(error, "status_code", None)
                if status is None and getattr(error, "raw_response", None) is not None:
                    status = error.raw_response.status_code
                if status == 503 and time.monotonic() > self.deadline:
                    self.refused.append([text, dict(error.raw_response.headers)])
                    return None
                if time.monotonic() > self.deadline or (status is not None and status < 500):
                    self.wrong.append(f"{text!r}: {type(error).__name__} {status}: {str(error)[:300]}")
                    return None
                self.repeated += 1
                time.sleep(0.02)


class Cut(Exception):
    """A stream ended without its last event."""


def streamed(stream):
    text = conversation = entry = None
    with stream as events:
        for event in events:
            if event.event == "conversation.response.started":
                conversation = event.data.conversation_id
            elif event.event == "message.output.delta":
                entry, text = event.data.id, (text or "") + event.data.content
            elif event.event == "conversation.response.done":
                return conversation, entry, text
            elif event.event == "conversation.response.error":
                raise Cut(event.data.message)
    raise Cut("no conversation.response.done")


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "key"):
        parser.add_argument(name)
    parser.add_argument("appends", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("name")
    parser.add_argument("--keys", action="store_true")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--timeout", type=int, default=5000)
    parser.add_argument("--until")
    options = parser.parse_args()
    workers = [Worker(number, options) for number in range(options.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps({
        "answered": sum((each.answered for each in workers), []), "queued": sum((each.queued for each in workers), []),
        "refused": sum((each.refused for each in workers), []),
        "wrong": sum((each.wrong for each in workers), []), "deleted": sum((each.deleted for each in workers), []),
        "repeated": sum(each.repeated for each in workers)}))


main()
