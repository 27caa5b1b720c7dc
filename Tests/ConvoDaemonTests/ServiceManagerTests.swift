import ConvoPlatform
import Foundation
import Testing

@testable import convod

@Suite struct `The service manager` {
    @Test func `is told on its socket, one datagram for each notice`() throws {
        let listener = try #require(Listener())
        let manager = try #require(ServiceManager(socket: listener.path))
        #expect(manager.tell(.ready("2 conversations\nSTOPPING=1")))
        #expect(manager.tell(.reloading(monotonicMicroseconds: 7)))
        #expect(manager.tell(.stopping))
        #expect(listener.next() == "READY=1\nSTATUS=2 conversations STOPPING=1")
        #expect(listener.next() == "RELOADING=1\nMONOTONIC_USEC=7")
        #expect(listener.next() == "STOPPING=1")
    }

    @Test func `gets what it must know as soon as it reads, and no sign of life that finds no room`() throws {
        let listener = try #require(Listener())
        let manager = try #require(ServiceManager(socket: listener.path))
        var queued = 0
        while manager.tell(.alive) { queued += 1 }
        let telling = try #require(SystemThread { manager.tell(.stopping) })
        for _ in 0..<queued { #expect(listener.next() == "WATCHDOG=1") }
        telling.join()
        #expect(listener.next() == "STOPPING=1")
    }

    @Test func `may be gone`() throws {
        let manager = try #require(ServiceManager(socket: "/nowhere/\(UUID().uuidString)"))
        #expect(!manager.tell(.stopping))
    }

    @Test(arguments: [nil, "", "relative", "/" + String(repeating: "x", count: 107)])
    func `is none where nothing usable names it`(socket: String?) {
        #expect(ServiceManager(socket: socket) == nil)
    }

    @Test(.enabled(if: SystemSocket.hasAbstractPaths)) func `may listen on an abstract address`() throws {
        let listener = try #require(Listener(abstractName: "convo-\(UUID().uuidString)"))
        #expect(try #require(ServiceManager(socket: listener.path)).tell(.status("x")))
        #expect(listener.next() == "STATUS=x")
    }
}

/// The service manager's end of the socket.
private final class Listener {
    let path: String
    private let descriptor: Int32

    init?(abstractName: String? = nil) {
        path = abstractName.map { "@" + $0 } ?? "/tmp/convo-notify-\(UUID().uuidString.prefix(8))"
        descriptor = SystemSocket.make(AF_UNIX, .datagram)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = abstractName.map { [0] + Array($0.utf8) } ?? Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(SystemSocket.pathOffset + name.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { return nil }
    }

    deinit {
        close(descriptor)
        if path.hasPrefix("/") { unlink(path) }
    }

    func next() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
}
