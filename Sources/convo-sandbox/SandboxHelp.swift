import ConvoSandbox
import MistralEmulator

/// The part of `--help` that lists the triggers, the switches and the sandbox's own routes.
enum SandboxHelp {
    static var text: String {
        """
        The first line on standard output is 'listening on http://127.0.0.1:PORT'. The model answers 'echo: ' and the \
        input's text. A file to load is an array of {"conversation": {…}, "entries": […]}.

        Words in an input make the model do more:
        \(triggers)

        Switches (--set NAME=VALUE), for what is unknown about the real server:
        \(lines(Switch.unknowns))

        Who may ask (--key says the same; keys may be changed while it runs):
        \(lines(Switch.access))

        How fast it is:
        \(lines(Switch.speeds))

        What goes wrong, and how often (a share of the requests, every Nth, or the next N; with :OPERATIONS those alone, \
        such as :list,get or :writes):
        \(lines(Switch.faults))

        While it runs: GET and DELETE /sandbox/requests, GET and POST /sandbox/switches, GET and POST \
        /sandbox/conversations, GET /sandbox/busy.
        """
    }

    /// All switches with their defaults, what they decide and which values they take.
    static var switches: String { lines(Switch.all) }

    private static var triggers: String {
        Trigger.allCases.map { "  \(padded($0.usage, 22)) \($0.summary)" }.joined(separator: "\n")
    }

    private static func lines(_ switches: [Switch]) -> String {
        let start = Switches()
        return switches.map { item in
            "  \(item.name)=\(item.value(start))\n      \(item.summary): \(item.values)"
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
