/// Streams in the form in which servers send them.
enum Transcript {
    static let plain = """
        event: conversation.response.started
        data: {"type":"conversation.response.started","created_at":"2026-06-29T14:13:28.545632Z","conversation_id":"conv_019f13ba5c87747b931182ff92813bc4"}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-06-29T14:13:28.549188Z","output_index":0,"id":"msg_019f13ba5d6576a8aa1084b86816b354","content_index":0,"model":"mistral-small-latest","role":"assistant","content":"7"}

        event: conversation.response.done
        data: {"type":"conversation.response.done","created_at":"2026-06-29T14:13:28.581416Z","usage":{"prompt_tokens":16,"completion_tokens":2,"total_tokens":18}}


        """

    static let tool = """
        event: conversation.response.started
        data: {"type":"conversation.response.started","created_at":"2026-06-29T14:13:25.545632Z","conversation_id":"conv_1"}

        event: tool.execution.started
        data: {"type":"tool.execution.started","created_at":"2026-06-29T14:13:26.125936Z","output_index":0,"id":"tool_exec_019f13ba53ed7054b9580af314930355","model":"mistral-small-latest","name":"code_interpreter","arguments":"","function":"code_interpreter"}

        event: tool.execution.delta
        data: {"type":"tool.execution.delta","created_at":"2026-06-29T14:13:26.136291Z","output_index":0,"id":"tool_exec_019f13ba53ed7054b9580af314930355","name":"code_interpreter","arguments":"{\\"code","function":"code_interpreter"}

        event: tool.execution.delta
        data: {"type":"tool.execution.delta","created_at":"2026-06-29T14:13:26.146291Z","output_index":0,"id":"tool_exec_019f13ba53ed7054b9580af314930355","name":"code_interpreter","arguments":"\\": \\"21 * 2\\"}","function":"code_interpreter"}

        event: tool.execution.done
        data: {"type":"tool.execution.done","created_at":"2026-06-29T14:13:26.983471Z","output_index":0,"id":"tool_exec_019f13ba53ed7054b9580af314930355","name":"code_interpreter","function":"code_interpreter","info":{"result":[{"type":"text","text":"42\\n"}],"code":"21 * 2","code_output":"42\\n"}}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-06-29T14:13:27.163480Z","output_index":1,"id":"msg_019f13ba57fb727585dff3828445a153","content_index":0,"model":"mistral-small-latest","role":"assistant","content":"4"}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-06-29T14:13:27.173480Z","output_index":1,"id":"msg_019f13ba57fb727585dff3828445a153","content_index":0,"model":"mistral-small-latest","role":"assistant","content":"2 – ja, 日本 🦊"}

        event: conversation.response.done
        data: {"type":"conversation.response.done","created_at":"2026-06-29T14:13:27.199349Z","usage":{"prompt_tokens":215,"completion_tokens":19,"total_tokens":239,"connector_tokens":5,"connectors":{"code_interpreter":1}}}


        """

    static let thinking = """
        event: conversation.response.started
        data: {"type":"conversation.response.started","conversation_id":"conv_2"}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-08-17T10:00:00.1Z","output_index":0,"id":"msg_2","content_index":0,"role":"assistant","content":{"type":"thinking","thinking":[{"type":"text","text":"23"}],"closed":true}}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-08-17T10:00:00.2Z","output_index":0,"id":"msg_2","content_index":0,"role":"assistant","content":{"type":"thinking","thinking":[{"type":"text","text":" * 23 = ("}],"closed":true}}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-08-17T10:00:00.3Z","output_index":0,"id":"msg_2","content_index":1,"role":"assistant","content":"52"}

        event: message.output.delta
        data: {"type":"message.output.delta","created_at":"2026-08-17T10:00:00.4Z","output_index":0,"id":"msg_2","content_index":1,"role":"assistant","content":"9"}

        event: conversation.response.done
        data: {"type":"conversation.response.done","usage":{"prompt_tokens":1}}


        """

    static let call = """
        event: conversation.response.started
        data: {"type":"conversation.response.started","conversation_id":"conv_3"}

        event: agent.handoff.started
        data: {"type":"agent.handoff.started","created_at":"2026-08-17T10:00:00.1Z","output_index":0,"id":"handoff_1","previous_agent_id":"ag_1","previous_agent_name":"one"}

        event: agent.handoff.done
        data: {"type":"agent.handoff.done","created_at":"2026-08-17T10:00:00.2Z","output_index":0,"id":"handoff_1","next_agent_id":"ag_2","next_agent_name":"two"}

        event: function.call.delta
        data: {"type":"function.call.delta","created_at":"2026-08-17T10:00:00.3Z","output_index":1,"id":"fc_1","name":"weather","tool_call_id":"6TI17yZkV","arguments":"{\\"city\\":","confirmation_status":null}

        event: function.call.delta
        data: {"type":"function.call.delta","created_at":"2026-08-17T10:00:00.4Z","output_index":1,"id":"fc_1","name":"weather","tool_call_id":"6TI17yZkV","arguments":" \\"Paris\\"}","confirmation_status":"pending"}

        event: conversation.response.done
        data: {"type":"conversation.response.done","usage":{"prompt_tokens":1}}


        """

    static let all = [plain, tool, thinking, call]
}
