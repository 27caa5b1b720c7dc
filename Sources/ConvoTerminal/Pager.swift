import Glibc

/// Shows a long text a screen at a time, where a person sits at a terminal; passes it on otherwise.
public struct Pager: Sendable {
    /// Quit if it fits one screen, keep colours, leave the text on the screen.
    static let lessOptions = "FRX"

    private let command: String?
    private let device: TerminalDevice

    /// - Parameter environment: `PAGER` names the pager; an empty one or `cat` means none. Without it: `less`.
    public init(device: TerminalDevice, environment: (String) -> String?) {
        self.device = device
        command = Pager.command(isTerminal: device.isTerminal, named: environment("PAGER"), term: environment("TERM"))
    }

    static func command(isTerminal: Bool, named: String?, term: String?) -> String? {
        guard isTerminal, term != "dumb" else { return nil }
        guard let named else { return "less" }
        return named.isEmpty || named == "cat" ? nil : named
    }

    /// Shows the text and returns when the person is done with it.
    ///
    /// The pager does not inherit the variables named in `secrets`.
    public func show(_ text: String, hiding secrets: [String]) throws(TerminalDevice.WriteFailure) {
        guard let command else { return try device.write(text) }
        for secret in secrets { unsetenv(secret) }
        setenv("LESS", Pager.lessOptions, 0)
        setenv("LESSSECURE", "1", 0)
        guard let pipe = popen(command, "w") else { return try device.write(text) }
        // A person who quits early closes the pipe: that is no failure.
        _ = text.withCString { fputs($0, pipe) }
        // 127: the shell found no such pager.
        if pclose(pipe) == 127 << 8 { try device.write(text) }
    }
}
