"""Logs turns from standard input as `llm` does after each prompt; llm's own Python runs it: Benchmarks/llm_fill.py LOGS.DB

llm makes its tables and writes the rows by its own code, so they are what `llm logs` of the same version reads. Each line is a
conversation: {"id": …, "turns": [[prompt, response], …]}.
"""
import json, sys

import llm, sqlite_utils


class Given(llm.Model):
    """A model that answers what it was given."""

    model_id = "given"
    answer = ""

    def execute(self, prompt, stream, response, conversation):
        yield self.answer


database = sqlite_utils.Database(sys.argv[1])
database.execute("PRAGMA synchronous = OFF")
model = Given()
for line in sys.stdin:
    one = json.loads(line)
    conversation = model.conversation()
    conversation.id = one["id"]
    for prompt, model.answer in one["turns"]:
        response = conversation.prompt(prompt)
        response.text()
        response.log_to_db(database)
