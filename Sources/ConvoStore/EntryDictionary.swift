/// What most entries have in common, as the server writes it: the dictionary of compression ``PackedJSON/Format/first``.
///
/// Frozen: what was compressed with it can be read with no other. The most frequent stands last.
enum EntryDictionary {
    static let text = #"""
        {"object":"entry","type":"agent.handoff","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"handoff_","previous_agent_id":"ag_","previous_agent_name":"","next_agent_id":"ag_","next_agent_name":""}\#
        {"object":"entry","type":"function.result","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fr_","tool_call_id":"","result":"{\"status\":\"ok\",\"error\":null,\"results\":[{\"id\":\"\",\"name\":\"\"}]}"}\#
        {"object":"entry","type":"function.call","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"fc_","agent_id":"ag_","model":"","tool_call_id":"","name":"","arguments":"{\"query\":\"","confirmation_status":null}\#
        {"object":"entry","type":"tool.execution","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"tool_exec_","agent_id":null,"model":"",\#
        "name":"web_search","arguments":"{\"query\": \"","info":{"result":"","url":"https://www.","title":"","snippet":""}}\#
        "content":[{"type":"text","text":""},{"type":"tool_reference","tool":"web_search","title":"","url":"https://"},\#
        {"type":"thinking","thinking":[{"type":"text","text":""}]},{"type":"image_url","image_url":"data:image/png;base64,\#
        {"role":"user","content":"","object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","prefix":false}\#
        {"content":"","object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":null,"id":"msg_","agent_id":null,"model":"mistral-medium-latest","role":"assistant"}\#
        {"object":"entry","type":"message.input","created_at":"2026-01-01T00:00:00.000000Z","completed_at":null,\#
        "id":"msg_","role":"user","content":"","prefix":false}\#
        {"object":"entry","type":"message.output","created_at":"2026-01-01T00:00:00.000000Z",\#
        "completed_at":"2026-01-01T00:00:00.000000Z","id":"msg_019c","agent_id":null,"model":"mistral-medium-latest",\#
        "role":"assistant","content":"
        """#
}
