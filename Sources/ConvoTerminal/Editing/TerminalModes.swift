import ConvoPlatform

/// The modes of the terminal behind standard input, as they were when the process began.
package struct TerminalModes: Sendable {
    private let modes: termios
    private let descriptor: Int32

    /// Reads the modes; `nil` where the stream is no terminal.
    package init?(of device: TerminalDevice = .standardInput) {
        var modes = termios()
        guard tcgetattr(device.descriptor, &modes) == 0 else { return nil }
        self.modes = modes
        descriptor = device.descriptor
    }

    /// The keys by which a person sends signals.
    var signalKeys: SignalKeys {
        var characters = modes.c_cc
        let none = fpathconf(descriptor, Int32(_PC_VDISABLE))
        return withUnsafeBytes(of: &characters) { bytes in
            let keys = [(VINTR, SIGINT), (VSUSP, SIGTSTP), (VQUIT, SIGQUIT)].map { (bytes[Int($0.0)], $0.1) }
            return SignalKeys(
                signals: Dictionary(keys.filter { Int($0.0) != none }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Sets the modes as they were.
    package func restore() { set(modes) }

    /// Keeps the terminal from showing what is typed while nothing is read; it stays in the terminal's buffer as it is, Ctrl-D
    /// included.
    package func hideTyping() {
        var hidden = modes
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON)
        set(hidden)
    }

    /// Keeps the terminal from doing anything with what is typed: it shows nothing, and the keys of signals come in order
    /// with the others.
    func takeKeys() {
        var raw = modes
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        set(raw)
    }

    private func set(_ modes: termios) {
        var modes = modes
        tcsetattr(descriptor, TCSANOW, &modes)
    }
}
