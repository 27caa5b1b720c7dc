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

    /// Sets the modes as they were.
    package func restore() { set(modes) }

    /// Keeps the terminal from showing what is typed while nothing is read; it stays in the terminal's buffer as it is, Ctrl-D
    /// included.
    package func hideTyping() {
        var hidden = modes
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON)
        set(hidden)
    }

    private func set(_ modes: termios) {
        var modes = modes
        tcsetattr(descriptor, TCSANOW, &modes)
    }
}
