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

    /// Whether the process may use the terminal: a shell has not put it behind another program.
    var isInFront: Bool {
        let group = tcgetpgrp(descriptor)
        return group < 0 || group == getpgrp()
    }

    /// Stops the process, as the terminal does with one that reads behind another program, until it is in front again.
    func waitUntilInFront() {
        while !isInFront { TerminalModes.send(SIGTTIN) }
    }

    /// Sends a signal to the programs that the terminal has in front, as the terminal does for others, and waits until it has come:
    /// one that stops the process is taken by another thread.
    static func send(_ number: Int32) {
        kill(0, number)
        _ = poll(nil, 0, 50)
    }

    /// A process that is not in front leaves the modes to the one that is.
    private func set(_ modes: termios) {
        guard isInFront else { return }
        var modes = modes
        tcsetattr(descriptor, TCSANOW, &modes)
    }
}
