import ConvoPlatform
import Testing

@Suite struct `The other end of a connection` {
    /// Both ends of a TCP connection on loopback; closes them.
    private final class Ends {
        let ours: Int32
        private var other: Int32

        init() throws {
            let (listener, port) = try boundSocket()
            defer { close(listener) }
            try #require(listen(listener, 1) == 0)
            let socket = try tcpSocket()
            var address = loopback(port: port)
            let isConnected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            try #require(isConnected)
            other = socket
            ours = accept(listener, nil, nil)
            try #require(ours >= 0)
        }

        deinit {
            close(ours)
            closeOther()
        }

        func answer() { #expect(send(ours, "answer", 6, SystemSocket.withoutSignal) == 6) }

        func readOther() {
            var buffer = [UInt8](repeating: 0, count: 6)
            #expect(recv(other, &buffer, 6, Int32(MSG_WAITALL)) == 6)
        }

        func closeOther() {
            if other >= 0 { close(other) }
            other = -1
        }

        /// What is known once the kernel has told us of the other end's last act.
        func peer() -> SystemSocket.Peer {
            var waited = pollfd(fd: ours, events: Int16(POLLIN), revents: 0)
            poll(&waited, 1, 10_000)
            return SystemSocket.peer(of: ours)
        }
    }

    @Test func `holds it open, whether it has read the answer or not`() throws {
        let ends = try Ends()
        ends.answer()
        #expect(SystemSocket.peer(of: ends.ours) == .holds)
        ends.readOther()
        #expect(SystemSocket.peer(of: ends.ours) == .holds)
    }

    @Test func `has closed it behind the answer`() throws {
        let ends = try Ends()
        ends.answer()
        ends.readOther()
        ends.closeOther()
        #expect(ends.peer() == .closed)
    }

    @Test func `has left the answer unread`() throws {
        let ends = try Ends()
        ends.answer()
        ends.closeOther()
        #expect(ends.peer() == .broke)
    }

    @Test func `had closed it before the answer came`() throws {
        let ends = try Ends()
        ends.closeOther()
        #expect(ends.peer() == .closed)
        ends.answer()
        #expect(ends.peer() == .broke)
    }
}
